/** Any string goes from an agent, through the journal, a frame of the stream and a parser, and comes out as it was. */
import { type AddressInfo } from 'node:net';
import { type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { type EventType, type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonValue } from '../../src/contract/json.js';
import { type AgentContext, type AgentHandler } from '../../src/orchestration/agent.js';
import { Agent } from '../../src/orchestration/decorators.js';
import { StreamingModule } from '../../src/streaming/streaming.module.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { anyString } from './support/strings.arbitrary.js';

/** What an agent's error message is cut to. */
const MAX_MESSAGE = 2000;
const KEY = 'a-key-of-the-reader';

interface Said {
  pieces: string[];
  output: string;
}

@Agent('says')
class Says implements AgentHandler<Said> {
  async *execute(context: AgentContext<Said>) {
    for (const piece of context.input.pieces) {
      yield context.text(piece);
      yield context.reasoning(piece);
      yield context.data({ [piece]: piece });
      yield context.log(piece);
      yield context.progress(0.5, piece, piece);
    }
    const { output } = context.input;
    return { [output]: output };
  }
}

@Agent('throws')
class Throws implements AgentHandler<string> {
  execute({ input }: AgentContext<string>): never {
    throw new Error(input);
  }
}

const STEPS = [
  { type: 'agent', name: 'says', agent: 'says', input: '{{input}}' },
  { type: 'parallel', name: 'p', onError: 'continue', steps: [{ type: 'agent', name: 'throws', agent: 'throws', input: '{{input.message}}' }] },
  { type: 'input', name: 'ask' },
];

describe('any string', () => {
  let app: INestApplication;
  let base: string;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'stepcast-'));
    @Module({
      imports: [StreamingModule.forRoot({ dataDir, apiKeys: [{ user: 'reader', key: KEY, roles: [] }], rateLimit: { points: 1_000_000, seconds: 60 } })],
      providers: [Says, Throws],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: ['error'] });
    await app.listen(0, '127.0.0.1');
    base = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}/api/v1`;
  });
  afterAll(async () => {
    await app.close();
    await rm(dataDir, { recursive: true });
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${base}${path}`, { method: 'POST', headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

  /** Runs it with its stream in the answer; a step that asks is told `answer`. */
  const run = async (input: JsonValue, answer: string): Promise<{ events: ExecutionEvent[]; raw: string }> => {
    const response = await post('/executions', { workflow: { name: 'strings', steps: STEPS }, input }, { Accept: 'text/event-stream' });
    expect(response.status).toBe(200);
    const events: ExecutionEvent[] = [];
    const answers: Promise<Response>[] = [];
    let raw = '';
    const onEvent = ({ event, id, data }: EventSourceMessage) => {
      const parsed = JSON.parse(data) as ExecutionEvent;
      expect([event, id]).toEqual([parsed.type, String(parsed.seq)]);
      events.push(parsed);
      if (parsed.type === 'input_required') answers.push(post(`/executions/${parsed.executionId}/input`, { value: answer }));
    };
    const parser = createParser({ onEvent, onError: (error) => { throw error; } });
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(bytes, { stream: true });
      raw += text;
      parser.feed(text);
    }
    for (const answered of await Promise.all(answers)) expect(answered.status).toBe(202);
    return { events, raw };
  };

  it('survives as text, data, log line, output, input, answer and error message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyString, { maxLength: 4 }), anyString, anyString, anyString, async (pieces, output, message, answer) => {
        const input = { pieces, output, message };
        const { events, raw } = await run(input, answer);
        const of = <T extends EventType>(type: T) => events.filter((event): event is Extract<ExecutionEvent, { type: T }> => event.type === type);
        const deltas = (kind: string) => of('step_output').filter(({ data }) => data.kind === kind).map(({ data }) => data.delta);
        const full = pieces.filter((piece) => piece !== '');

        expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, i) => i + 1));
        expect(of('workflow_started')[0]?.data.input).toEqual(input);
        expect(deltas('text')).toEqual(full);
        expect(deltas('reasoning')).toEqual(full);
        expect(deltas('data')).toEqual(pieces.map((piece) => ({ [piece]: piece })));
        expect(of('message').map(({ data }) => data.text)).toEqual(pieces);
        expect(of('step_progress').map(({ data }) => [data.state, data.metadata])).toEqual(pieces.map((piece) => [piece, piece]));
        expect(of('step_completed')[0]?.data.output).toEqual({ [output]: output });
        expect(of('step_failed')[0]?.data.error.message).toBe(message.slice(0, MAX_MESSAGE) || 'the agent failed without a message');
        expect(of('input_received')[0]?.data.value).toBe(answer);
        expect(of('workflow_completed')[0]?.data.result).toBe(answer);
        // One data line a frame, and nothing but \n between them: what is in the strings stays in them.
        expect(raw).not.toContain('\r');
        expect(raw.split('\n').filter((line) => line.startsWith('data:'))).toHaveLength(events.length);

        const { executionId: id } = events[0] as ExecutionEvent;
        const replayed = await fetch(`${base}/executions/${id}/stream`, { headers: { 'X-API-Key': KEY } });
        // Nest opens the answer to a GET with an empty line.
        expect((await replayed.text()).trimStart()).toBe(raw.trimStart());
        const page = (await (await fetch(`${base}/executions/${id}/events?limit=1000`, { headers: { 'X-API-Key': KEY } })).json()) as { events: ExecutionEvent[] };
        expect(page.events).toEqual(events);
      }),
      runs(60),
    );
  }, PROPERTY_TIMEOUT);
});
