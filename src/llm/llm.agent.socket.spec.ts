/** What the agent `llm` does at the socket of a server that speaks Chat Completions, and not always well. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine } from '../../test/support/engine.js';
import { type Step } from '../contract/definition.js';
import { type ErrorInfo } from '../contract/errors.js';
import { type ExecutionEvent } from '../contract/events.js';
import { LlmAgent } from './llm.agent.js';
import { type LlmOptions } from './llm.options.js';
import { ModelRegistry } from './models.registry.js';
import { ToolRegistry } from './tools/tool.registry.js';
import { ToolRunner } from './tools/tool.runner.js';

type Answer = (response: ServerResponse) => void;

const KEY = 'sk-local-0123456789';
const chunk = (delta: object, finish_reason: string | null = null) => `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const begin: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ role: 'assistant', content: 'Hel' }));
};
const whole: Answer = (response) => {
  begin(response);
  response.end(`${chunk({ content: 'lo' })}${chunk({}, 'stop')}data: [DONE]\n\n`);
};
const refuse = (status: number, message: string, headers: Record<string, string> = {}): Answer => (response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message } }));
};

const ask: Step = { type: 'agent', name: 'ask', agent: 'llm', input: { model: 'local/m', prompt: 'hi' } };
const errorOf = (log: ExecutionEvent[]) => (log.find(({ type }) => type === 'workflow_failed')?.data as { error: ErrorInfo } | undefined)?.error;
const textOf = (log: ExecutionEvent[]) => log.map(({ type, data }) => (type === 'step_output' ? (data as { delta: string }).delta : '')).join('');

describe('the agent llm, at the socket', () => {
  let engine: Engine;
  let server: Server;
  let answers: Answer[];
  /** Requests whose connection was closed before their answer was whole. */
  let dropped: Promise<unknown>[];

  beforeEach(async () => {
    answers = [];
    dropped = [];
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      dropped.push(once(response, 'close').then(() => response.writableFinished));
      request.resume().once('end', () => (answers.shift() ?? whole)(response));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    engine = await new Engine().open();
  });
  afterEach(async () => {
    await engine.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const serve = (given: Answer[], more: LlmOptions = {}) => {
    answers = given;
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const options: LlmOptions = { compatible: { local: { baseUrl, apiKey: KEY } }, ...more };
    const tools = new ToolRegistry();
    engine.agents.register({ name: 'llm', handler: new LlmAgent(new ModelRegistry(options), tools, new ToolRunner(tools), options) });
    return options;
  };
  /** Runs it with more and more time, until a request has come: on a busy machine the time may be over before that. */
  const untilAsked = async (run: (ms: number) => Promise<ExecutionEvent[]>): Promise<ExecutionEvent[]> => {
    for (let ms = 50; ; ms *= 2) {
      const log = await run(ms);
      if (dropped.length > 0) return log;
    }
  };

  it('streams what the server streams', async () => {
    serve([whole]);
    const log = await engine.run(ask);
    expect(textOf(log)).toBe('Hello');
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Hello' } });
  });

  it('closes the connection of a call that is cancelled', async () => {
    serve([begin]);
    const id = await engine.start(ask);
    await engine.told(id, 'step_output');
    await engine.executions.cancel(id);
    expect(await dropped[0]).toBe(false);
    expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_cancelled');
  });

  it('closes that of a step whose time is over', async () => {
    serve(Array.from({ length: 10 }, () => begin));
    const log = await untilAsked((timeoutMs) => engine.run({ ...ask, timeoutMs }));
    expect(errorOf(log)).toMatchObject({ code: 'step_timeout' });
    expect(await dropped[0]).toBe(false);
  });

  it('closes that of a call that sends what cannot be read, and may be tried again', async () => {
    serve([(response) => {
      begin(response);
      response.write('data: {"choices":[{"del\n\n');
    }]);
    const log = await engine.run(ask);
    expect(errorOf(log)).toMatchObject({ code: 'model_failed', retryable: true });
    expect(await dropped[0]).toBe(false);
  });

  it.each<[string, Answer]>([
    ['before it answers', () => undefined],
    ['in the middle', begin],
  ])('closes that of a server that hangs %s', async (_, answer) => {
    const options = serve(Array.from({ length: 10 }, () => answer));
    const log = await untilAsked((ms) => {
      options.idleTimeoutMs = ms;
      return engine.run(ask);
    });
    expect(errorOf(log)).toMatchObject({ code: 'overloaded', retryable: true, message: expect.stringContaining(`silent for ${options.idleTimeoutMs} ms`) });
    expect(await dropped[0]).toBe(false);
  });

  it.each<[string, Answer]>([
    ['breaks the connection before it answers', (response) => response.destroy()],
    ['breaks the connection in the middle', (response) => {
      begin(response);
      setImmediate(() => response.destroy());
    }],
    ['ends its stream before the answer', (response) => {
      begin(response);
      response.end();
    }],
    ['answers 503', refuse(503, 'busy')],
  ])('fails in a way that may be tried again where the server %s', async (_, answer) => {
    serve([answer, whole]);
    const log = await engine.run({ type: 'retry', name: 'again', maxAttempts: 2, backoff: { delayMs: 1 }, step: ask });
    const retried = log.findIndex(({ type }) => type === 'step_retrying');
    expect((log[retried]?.data as { error: ErrorInfo }).error).toMatchObject({ retryable: true, code: expect.stringMatching(/^(overloaded|model_failed)$/) });
    expect(textOf(log.slice(retried))).toBe('Hello');
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Hello' } });
  });

  it('keeps Retry-After, and a retry step keeps to it', async () => {
    serve([refuse(429, 'slow down', { 'retry-after-ms': '30' }), whole]);
    const log = await engine.run({ type: 'retry', name: 'again', maxAttempts: 2, backoff: { delayMs: 1 }, step: ask });
    expect(log.find(({ type }) => type === 'step_retrying')?.data).toMatchObject({ delayMs: 30, error: { code: 'rate_limited', retryable: true, retryAfterMs: 30 } });
    expect(log.at(-1)?.type).toBe('workflow_completed');
  });

  it('does not try a refused key again, nor repeats it', async () => {
    serve([refuse(401, `no such key: ${KEY}`), whole]);
    const log = await engine.run({ type: 'retry', name: 'again', maxAttempts: 2, step: ask });
    expect(errorOf(log)).toMatchObject({ code: 'auth', retryable: false, message: expect.stringContaining('no such key: [redacted]') });
    expect(JSON.stringify(log)).not.toContain(KEY);
    expect(dropped).toHaveLength(1);
  });

  it('fails in a way that may be tried again where there is no server', async () => {
    serve([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(errorOf(await engine.run(ask))).toMatchObject({ code: 'overloaded', retryable: true, message: expect.stringContaining('ECONNREFUSED') });
  });
});
