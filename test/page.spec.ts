/** The page at `/`: how it is served, and the parts of it that need no browser. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { AppModule } from '../src/app.module.js';
import { loadConfig } from '../src/config.js';
import { type WorkflowDefinition } from '../src/contract/definition.js';
import { type ExecutionEvent } from '../src/contract/events.js';
import { applyEvent as applyToState, type ExecutionState, initialState } from '../src/contract/state.js';
import { DEFINITION } from '../src/page/samples.js';
import { fieldOf, sampleOf, takesText } from '../src/page/schema.js';
import { backoffMs, type Connection, ExecutionStream, SseParser, type SseMessage, type StreamOptions } from '../src/page/stream.js';
import { applyEvent, isWithin, newView, placeOf, ROUNDS_KEPT, type StepView, type View } from '../src/page/view.js';
import { createService } from '../src/service.js';
import { Engine } from './property/support/engine.fixture.js';
import { PROPERTY_TIMEOUT, runs } from './property/support/runs.js';
import { PICKED } from './property/support/trees.js';
import { TestApp } from './support/app.js';
import { type Answer, Client, KEYS } from './support/client.js';
import { within } from './support/patience.js';
import { FaultProxy } from './support/proxy.js';

describe.each(['express', 'fastify'] as const)('the page on %s', (platform) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepcast-page-'));
  let app: INestApplication;
  let nobody: Client;

  beforeAll(async () => {
    const config = loadConfig({ STEPCAST_DATA_DIR: dataDir, STEPCAST_API_KEYS: `alice:${KEYS.alice}` });
    app = platform === 'express' ? await createService(config) : await NestFactory.create(AppModule.register(config), new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    nobody = new Client(`http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`, undefined);
  });
  afterAll(async () => {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const asset = (name: string) => nobody.get(`//assets/${name}`);

  it('is there without a key, which its data is not', async () => {
    const page = await nobody.get('//');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } });
    expect(page.text).toMatch(/^<!doctype html>/);
    expect((await nobody.get('/workflows')).status).toBe(401);
  });

  it('may run and load its own files alone, and holds nothing inline', async () => {
    const { headers, text } = await nobody.get('//');
    const policy = new Map(String(headers['content-security-policy']).split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]));
    expect(Object.fromEntries(policy)).toMatchObject({
      'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'", 'form-action': "'none'", 'require-trusted-types-for': "'script'",
    });
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)[^>]*>/i);
    expect(text).not.toMatch(/https?:\/\//);
  });

  it('comes with every file that it, and what it loads, asks for', async () => {
    const { text } = await nobody.get('//');
    const wanted = [...text.matchAll(/(?:href|src)="assets\/([^"]+)"/g)].map(([, name]) => name as string);
    expect(wanted).toEqual(expect.arrayContaining(['page.js', 'page.css', 'icon.svg']));
    const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
    const seen = new Set<string>();
    for (const name of wanted) {
      if (seen.has(name)) continue;
      seen.add(name);
      const file = await asset(name);
      expect(file).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache', 'content-type': `${types[name.split('.').pop() as 'js']}; charset=utf-8` } });
      if (name.endsWith('.js')) wanted.push(...[...file.text.matchAll(/from '\.\/([^']+)'/g)].map(([, imported]) => imported as string));
    }
    // What the build copies beside the compiled controller is all of it.
    const { compilerOptions: { assets: [copied] } } = JSON.parse(readFileSync('nest-cli.json', 'utf8')) as { compilerOptions: { assets: [{ include: string }] } };
    expect(globSync(copied.include, { cwd: 'src' }).map((path) => path.replace('page/', '')).sort()).toEqual([...seen, 'index.html'].sort());
  });

  it('is sent once, and then confirmed by its ETag', async () => {
    for (const path of ['//', '//assets/page.js']) {
      const { headers: { etag } } = await nobody.get(path);
      expect(etag).toMatch(/^"[\w-]{43}"$/);
      const again = (tag: string): Promise<Answer> => nobody.get(path, { 'if-none-match': tag });
      for (const tag of [etag as string, `W/${etag}`, `"other", ${etag}`, '*']) {
        expect(await again(tag)).toMatchObject({ status: 304, text: '', headers: { etag, 'cache-control': 'no-cache' } });
      }
      expect((await again('"other"')).status).toBe(200);
      expect(await nobody.request('HEAD', path)).toMatchObject({ status: 200, text: '', headers: { etag } });
    }
    expect((await nobody.get('//')).headers.etag).not.toBe((await asset('page.js')).headers.etag);
  });

  it.each(['nothing.js', 'stream.d.ts', 'tsconfig.json', '..%2fpage.controller.ts', '..%2f..%2fpackage.json', '%2e%2e%2fmain.ts', '__proto__'])('has no asset %s', async (name) => {
    expect(await asset(name)).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

describe('the parser of the page', () => {
  const message = (text: string): SseMessage[] => new SseParser().push(text);

  it('reads frames of the service, heartbeats and mere cursors', () => {
    const parser = new SseParser();
    expect(parser.push('event: step_started\nid: 4\ndata: {"seq":4}\n\n: heartbeat\n\nid: 6\n\n')).toEqual([{ type: 'step_started', data: '{"seq":4}', id: '4' }]);
    expect(parser.lastEventId).toBe('6');
    expect(message('data:one\ndata: two\ndata\n\n')).toEqual([{ type: 'message', data: 'one\ntwo\n', id: '' }]);
  });

  it('takes no id over from a block that is cut', () => {
    const parser = new SseParser();
    parser.push('id: 1\ndata: a\n\nid: 2\ndata: b\n');
    expect(parser.lastEventId).toBe('1');
  });

  it('gives the same as another parser, whatever the line breaks and the cuts', () => {
    const line = fc.constantFrom('data: a', 'data:b', 'data', 'event: x', 'event:', 'id: 7', 'id', 'id: n\0', ': comment', 'retry: 3', 'unknown: y', '', '', '');
    const text = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 }).map((lines) => lines.map((parts) => parts.join('')).join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }), (whole, sizes) => {
        const expected: { type: string; data: string }[] = [];
        const other = createParser({ onEvent: ({ event, data }) => expected.push({ type: event ?? 'message', data }) });
        other.feed(whole);
        const parser = new SseParser();
        const found: SseMessage[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % sizes.length] as number;
          found.push(...parser.push(whole.slice(at, at + size)));
          at += size;
        }
        expect(found.map(({ type, data }) => ({ type, data }))).toEqual(expected);
        expect(found).toEqual(message(whole));
      }),
      runs(500),
    );
  });
});

describe('the stream of the page', () => {
  type Turn = (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let turns: Turn[];
  let cursors: (string | undefined)[];
  let stream: ExecutionStream | undefined;

  beforeEach(async () => {
    turns = [];
    cursors = [];
    server = createServer((request, response) => {
      cursors.push(request.headers['last-event-id'] as string | undefined);
      const turn = turns.shift();
      if (turn) turn(request, response);
      else response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    stream?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const frame = (seq: number, type = 'step_progress') => `event: ${type}\nid: ${seq}\ndata: {"seq":${seq},"type":"${type}"}\n\n`;
  const END = frame(5, 'workflow_completed');
  const HEARTBEAT = 'event: heartbeat\ndata: {"type":"heartbeat"}\n\n';
  const sends = (...parts: string[]): Turn => (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(part);
  };
  const sendsAndCuts = (...parts: string[]): Turn => (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(parts.join(''), () => response.destroy());
  };
  const refuses = (status: number, headers: Record<string, string> = {}, body = ''): Turn => (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
  const follow = async (options: Partial<StreamOptions> = {}): Promise<{ seqs: number[]; connections: Connection[] }> => {
    const seqs: number[] = [];
    const connections: Connection[] = [];
    stream = new ExecutionStream({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`, headers: { 'X-API-Key': 'key' },
      onEvent: ({ seq }) => seqs.push(seq), onConnection: (connection) => connections.push(connection), backoff: () => 0, ...options,
    });
    await within(stream.run(), 'the end of the stream');
    return { seqs, connections };
  };

  it('sees each event once and in order, whatever becomes of the line', async () => {
    turns = [
      sendsAndCuts(frame(1), frame(2), frame(3).slice(0, 20)),
      refuses(503, { 'retry-after': '0' }),
      (request) => request.socket.destroy(),
      sends(frame(2), frame(3), frame(5)),
      sendsAndCuts(frame(4)),
      sends(HEARTBEAT, END),
    ];
    const { seqs, connections } = await follow();
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(cursors).toEqual([undefined, '2', '2', '2', '3', '4']);
    expect(connections.at(-1)).toEqual({ state: 'ended' });
  });

  it('asks for heartbeats, with its key in a header', async () => {
    let asked: IncomingMessage | undefined;
    turns = [(request, response) => { asked = request; sends(frame(1, 'workflow_cancelled'))(request, response); }];
    await follow();
    expect(asked?.url).toBe('/stream?heartbeat=event');
    expect(asked?.headers).toMatchObject({ 'x-api-key': 'key', accept: 'text/event-stream' });
  });

  it('leaves a line on which nothing comes any more, and goes on', async () => {
    turns = [sends(frame(1), frame(2)), () => undefined, sends(frame(3), frame(4), END)];
    const { seqs } = await follow({ stallMs: 20 });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(cursors).toEqual([undefined, '2', '2']);
  });

  it('has nothing to do where all has been read', async () => {
    turns = [refuses(204)];
    expect(await follow({ after: 5 })).toEqual({ seqs: [], connections: [{ state: 'connecting' }, { state: 'ended' }] });
    expect(cursors).toEqual(['5']);
  });

  it.each([400, 401, 404, 410])('does not try again after %d, and says why', async (status) => {
    turns = [refuses(status, { 'content-type': 'application/problem+json' }, '{"code":"gone","detail":"it is no more"}')];
    await expect(follow()).rejects.toMatchObject({ name: 'StreamRefused', status, code: 'gone', message: 'it is no more' });
    expect(cursors).toHaveLength(1);
  });

  it('waits as long as the service asks, unless it is told not to', async () => {
    turns = [refuses(429, { 'retry-after': '3600' }), sends(frame(1), frame(2), frame(3), frame(4), END)];
    const waits: number[] = [];
    const { seqs } = await follow({
      onConnection: (connection) => {
        if (connection.state !== 'waiting') return;
        waits.push(connection.delayMs);
        setImmediate(() => stream?.retryNow());
      },
    });
    expect(waits).toEqual([3_600_000]);
    expect(seqs).toHaveLength(5);
  });

  it('waits longer each time that nothing came, and anew after something did', async () => {
    turns = [refuses(500), refuses(500), sendsAndCuts(frame(1)), refuses(500), sends(frame(2), frame(3), frame(4), END)];
    const failures: number[] = [];
    await follow({ backoff: (failed) => { failures.push(failed); return 0; } });
    expect(failures).toEqual([0, 1, 0, 1]);
    expect([0, 1, 2, 3, 20].map((failed) => backoffMs(failed, 0))).toEqual([250, 500, 1000, 2000, 7500]);
    expect(backoffMs(20, 1)).toBe(15_000);
  });

  it('ends when it is closed', async () => {
    turns = [sends(frame(1))];
    const { seqs } = await follow({ onEvent: () => stream?.close() });
    expect(seqs).toEqual([]);
    expect(cursors).toHaveLength(1);
  });

  it('hides no fault of who reads it', async () => {
    turns = [sends(frame(1))];
    await expect(follow({ onEvent: () => { throw new Error('a fault'); } })).rejects.toThrow('a fault');
    expect(cursors).toHaveLength(1);
  });
});

describe('what the page shows', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  const known = ({ id, name, type, status, attempt, iteration, text, reasoning, output, error, prompt, schema, startedAt, finishedAt, durationMs }: StepView | ExecutionState['steps'][string]) =>
    ({ id, name, type, status, attempt, iteration, text, reasoning, output, error, prompt, schema, startedAt, finishedAt, durationMs });
  const shownOf = (view: View) => ({ ...view, reason: undefined, steps: [...view.steps.values()].map(known) });
  const expectedOf = ({ id, workflow, status, progress, lastSeq, steps, activeSteps, startedAt, finishedAt, result, error }: ExecutionState) =>
    ({ id, workflow, status, progress, lastSeq, steps: Object.values(steps).map(known), activeSteps, startedAt, finishedAt, result, error });

  /** Folds a log twice, and compares after each event. */
  const compare = (log: readonly ExecutionEvent[]) => {
    const id = (log[0] as ExecutionEvent).executionId;
    const view = newView(id, 'picked');
    const state = initialState({ id, workflow: 'picked', createdAt: '' });
    for (const event of log) {
      applyEvent(view, event);
      applyToState(state, event);
      expect(shownOf(view)).toEqual(expectedOf(state));
    }
  };

  it.each(PICKED)('is what the service says, at every moment of %s', async (_name, { definition, input }) => {
    compare(await engine.run(definition, input));
  }, PROPERTY_TIMEOUT);

  it.each(PICKED)('takes back what a crash voids, wherever it comes in %s', async (_name, { definition, input }) => {
    const log = await engine.run(definition, input);
    const step = Math.ceil(log.length / 25);
    for (let at = 1; at < log.length; at += step) {
      const last = log[at - 1] as ExecutionEvent;
      const { executionId, workflow, timestamp, progress } = last;
      const resumed: ExecutionEvent = { seq: at + 1, type: 'workflow_resumed', executionId, workflow, timestamp, progress, data: { reason: 'restart', fromSeq: at } };
      compare([...log.slice(0, at), resumed]);
    }
  }, PROPERTY_TIMEOUT);

  it('keeps the last rounds of a long loop, and says how many it does not', async () => {
    const rounds = ROUNDS_KEPT + 7;
    const definition: WorkflowDefinition = { name: 'long', steps: [{ type: 'iteration', name: 'l', maxIterations: rounds, step: { type: 'sequential', name: 's', steps: [{ type: 'agent', name: 'a', agent: 'echo', input: 1 }] } }] };
    const view = newView('x');
    for (const event of await engine.run(definition)) applyEvent(view, event);
    const ids = Array.from({ length: ROUNDS_KEPT }, (_, i) => [`l[${i + 8}]/s`, `l[${i + 8}]/s/a`]).flat();
    expect([...view.steps.keys()]).toEqual(['l', ...ids]);
    expect(view.steps.get('l')).toMatchObject({ status: 'completed', roundsForgotten: 7 });
  });

  it('knows where a step belongs', () => {
    expect(placeOf('plan')).toEqual({ parent: undefined, round: undefined });
    expect(placeOf('gather/a')).toEqual({ parent: 'gather', round: undefined });
    expect(placeOf('refine[2]/critic')).toEqual({ parent: 'refine', round: 2 });
    expect(placeOf('a[1]/b[12]/c')).toEqual({ parent: 'a[1]/b', round: 12 });
    expect(isWithin('r[2]/s', 'r') && isWithin('r/s', 'r') && isWithin('r', 'r') && !isWithin('rs', 'r')).toBe(true);
  });

  it('is whole over a line that breaks again and again, and over a restart of the service', async () => {
    let app = await TestApp.start();
    const proxy = await FaultProxy.to(app.port);
    try {
      const tokens = (name: string, count: number) => ({ type: 'agent' as const, name, agent: 'tokens', input: { count } });
      const id = await app.alice.start({
        name: 'broken', steps: [
          { type: 'parallel', name: 'p', steps: [tokens('a', 60), { type: 'retry', name: 'r', maxAttempts: 3, backoff: { delayMs: 1 }, step: { type: 'sequential', name: 's', steps: [tokens('b', 30), { type: 'agent', name: 'f', agent: 'flaky', input: { failures: 2 } }] } }] },
          { type: 'input', name: 'ask', schema: { type: 'boolean' } },
          tokens('c', 20),
        ],
      });
      const view = newView(id);
      const asked = Promise.withResolvers<void>();
      const askedAgain = Promise.withResolvers<void>();
      proxy.cutAfter = 6000;
      const stream = new ExecutionStream({
        url: `${proxy.base}/api/v1/executions/${id}/stream`, headers: { 'X-API-Key': KEYS.alice }, backoff: () => 0, onConnection: () => undefined,
        onEvent: (event) => {
          expect(event.seq).toBe(view.lastSeq + 1);
          applyEvent(view, event);
          if (event.type === 'input_required') (event.step.attempt === 1 ? asked : askedAgain).resolve();
        },
      });
      const ended = stream.run();
      await within(asked.promise, 'the question');
      app = await app.restart();
      proxy.retarget(app.port);
      await within(askedAgain.promise, 'the question after the restart');
      expect((await app.alice.post(`/executions/${id}/input`, { value: true })).status).toBe(202);
      await within(ended, 'the end of the stream');
      expect(shownOf(view)).toEqual(expectedOf(await app.alice.status(id)));
      expect(view.steps.get('p/r/s/b')).toMatchObject({ attempt: 3, text: view.steps.get('p/r/s/b')?.output });
      expect(proxy.connections).toBeGreaterThan(5);
    } finally {
      await proxy.close();
      await app.close();
    }
  });
});

describe('the forms of the page', () => {
  it('begin with an input that the schema suggests', () => {
    const brief = { type: 'object', required: ['text'], properties: { text: { type: 'string' }, sentences: { type: 'integer', default: 5 }, title: { type: 'string' } } };
    expect(sampleOf(brief)).toEqual({ text: '', sentences: 5 });
    expect(takesText(brief)).toBe(true);
    expect(sampleOf({ type: 'object', required: ['a', 'b', 'c', 'd', 'e'], properties: { a: { type: 'array' }, b: { enum: ['x', 'y'] }, c: { type: 'integer', minimum: 3 }, d: { oneOf: [{ const: 1 }] }, e: { type: ['null', 'boolean'] } } }))
      .toEqual({ a: [], b: 'x', c: 3, d: 1, e: false });
    for (const schema of [undefined, null, true, {}]) expect(sampleOf(schema)).toBeNull();
    for (const schema of [undefined, null, {}, { type: 'string' }, { type: 'object', properties: { text: { enum: ['a'] } } }]) expect(takesText(schema)).toBe(false);
  });

  it('take an answer by the field that fits its schema', () => {
    expect([{ type: 'boolean' }, { enum: [1, 2] }, { type: 'integer' }, { type: 'string' }, { type: 'object' }, undefined, true].map(fieldOf)).toEqual(['boolean', 'choice', 'number', 'text', 'json', 'json', 'json']);
  });

  it('come with a sample that runs, and whose input its schema takes', async () => {
    const app = await TestApp.start();
    try {
      // Without its pauses.
      const workflow = JSON.parse(JSON.stringify(DEFINITION, (key, value: unknown) => (key === 'intervalMs' || key === 'delayMs' || key === 'ms' ? 1 : value))) as WorkflowDefinition;
      const id = await app.alice.start(workflow, sampleOf(DEFINITION.inputSchema));
      const reader = await app.alice.openExecution(id);
      await reader.until('input_required');
      await app.alice.post(`/executions/${id}/input`, { value: true });
      await reader.whenEnded();
      expect(await app.alice.status(id)).toMatchObject({ status: 'completed', result: 'Published: All about rabbits, in short.' });
    } finally {
      await app.close();
    }
  });
});
