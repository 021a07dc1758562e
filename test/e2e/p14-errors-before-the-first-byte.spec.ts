import http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { concat, Subject } from 'rxjs';
import { type EventBatch } from '../../src/journal/event-batch.js';
import { Journal } from '../../src/journal/journal.js';
import { OrchestrationOptions } from '../../src/orchestration/orchestration.options.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { API, type Client, KEYS, type RequestOptions } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { assertWhole } from '../support/assert-whole.js';

const flow = workflow('flow', agent('e', 'echo'));
const stored = { ...workflow('stored', agent('e', 'echo')), inputSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } } };
const MAX_STREAMS = 3;

describe.each<Platform>(['express', 'fastify'])('P14 errors before the first byte are real answers, on %s', (platform) => {
  let app: TestApp;
  let id: string;
  let foreign: string;
  beforeAll(async () => {
    app = await TestApp.start({
      platform,
      streaming: { maxStreamsPerUser: MAX_STREAMS },
      override: (builder) => builder.overrideProvider(OrchestrationOptions).useValue(Object.assign(new OrchestrationOptions(), { maxExecutionsPerUser: 1, maxQueuedPerUser: 0 })),
    });
    expect((await app.alice.post('/workflows', stored)).status).toBe(201);
    id = await app.alice.start(flow);
    await app.alice.follow(id);
    foreign = await app.bob.start(workflow('foreign', agent('g', 'gate')));
  });
  afterAll(() => app.close());

  /** Opens a stream that must be refused. */
  async function refused(client: Client, path: string, options: RequestOptions & { method?: string }, status: number, code: string) {
    const reader = await client.open(path, options);
    const problem = JSON.parse(await reader.body()) as object;
    expect(problem).toMatchObject({ type: 'about:blank', status, code });
    expect([reader.status, reader.headers['content-type']]).toEqual([status, 'application/problem+json; charset=utf-8']);
    return { problem, headers: reader.headers };
  }

  describe('of a stream', () => {
    const stream = (execution: string, query = '') => `/executions/${execution}/stream${query}`;

    it('401 without a user, with a challenge', async () => {
      for (const path of [stream(id), '/stream', stream(id, '?ticket=tkt_nonsense')]) {
        const { headers } = await refused(app.as(undefined), path, {}, 401, 'unauthenticated');
        expect(headers['www-authenticate']).toContain('Bearer');
      }
      await refused(app.as({ 'x-api-key': 'nonsense' }), stream(id), {}, 401, 'unauthenticated');
    });

    it('404 for what is not there or belongs to someone else, word for word the same', async () => {
      const unknown = '00000000-0000-4000-8000-000000000000';
      const answers = await Promise.all([unknown, foreign].map(async (execution) => {
        const { problem } = await refused(app.alice, stream(execution), {}, 404, 'not_found');
        return JSON.stringify(problem).replace(execution, '<id>');
      }));
      expect(answers[0]).toBe(answers[1]);
      await refused(app.alice, `/stream?executions=${id},${foreign}`, {}, 404, 'not_found');
    });

    it('400 for a cursor or a parameter that makes no sense', async () => {
      await refused(app.alice, stream(id), { headers: { 'last-event-id': 'x' } }, 400, 'invalid_cursor');
      await refused(app.alice, stream(id, '?lastEventId=999'), {}, 400, 'invalid_cursor');
      await refused(app.alice, stream(id, '?types=nonsense'), {}, 400, 'invalid_request');
      await refused(app.alice, '/stream?lastEventId=nonsense', {}, 400, 'invalid_cursor');
      await refused(app.alice, `/stream?executions=${id}&lastEventId=999`, {}, 400, 'invalid_cursor');
      await refused(app.alice, '/stream?executions=', {}, 400, 'invalid_request');
    });

    it('429 with Retry-After, where too many are open', async () => {
      const execution = await app.root.start(workflow('open', agent('g', 'gate')));
      const open = await Promise.all(Array.from({ length: MAX_STREAMS }, () => app.root.openExecution(execution)));
      const { headers } = await refused(app.root, stream(execution), {}, 429, 'too_many_streams');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      await refused(app.root, '/stream', {}, 429, 'too_many_streams');
      await refused(app.root, '/executions', { method: 'POST', body: { workflow: flow } }, 429, 'too_many_streams');
      // Refusals take no place, and a closed stream gives its place back.
      open[0]?.close();
      await eventually(async () => {
        const again = await app.root.openExecution(execution);
        if (again.status === 200) open[0] = again;
        return again.status === 200;
      }, 'a free place');
      await refused(app.root, stream(execution), {}, 429, 'too_many_streams');
      app.stage.gate(execution, 'g').open();
      for (const reader of open) await reader.whenEnded();
    });
  });

  describe('of a start with Accept: text/event-stream, after which nothing runs', () => {
    let before: number;
    beforeEach(async () => {
      before = await app.alice.count();
    });
    const nothingRuns = async () => expect(await app.alice.count()).toBe(before);

    const cases: [what: string, status: number, code: string, path: string, options: RequestOptions][] = [
      ['malformed JSON', 400, 'invalid_json', '/executions', { body: '{' }],
      ['no body', 400, 'invalid_request', '/executions', {}],
      ['an array', 400, 'invalid_request', '/executions', { body: [] }],
      ['an unknown field', 400, 'invalid_request', '/executions', { body: { workflow: flow, more: 1 } }],
      ['an invalid definition', 400, 'invalid_definition', '/executions', { body: { workflow: { name: 'x', steps: [] } } }],
      ['an unknown agent', 400, 'invalid_definition', '/executions', { body: { workflow: workflow('x', agent('nobody')) } }],
      ['an unknown workflow', 404, 'not_found', '/workflows/nothing/executions', { body: {} }],
      ['an input against the schema', 400, 'invalid_input', '/workflows/stored/executions', { body: { input: { topic: 1 } } }],
      ['an unknown type of event', 400, 'invalid_request', '/executions?types=nonsense', { body: { workflow: flow } }],
      ['a nonsensical heartbeat', 400, 'invalid_request', '/executions?heartbeat=often', { body: { workflow: flow } }],
      ['a cursor that is no number', 400, 'invalid_cursor', '/executions', { body: { workflow: flow }, headers: { 'last-event-id': 'x' } }],
      ['a cursor into a log that is not there yet', 400, 'invalid_cursor', '/executions', { body: { workflow: flow }, headers: { 'last-event-id': '5' } }],
      ['the same in the query, by name', 400, 'invalid_cursor', '/workflows/stored/executions?lastEventId=1', { body: { input: { topic: 'x' } } }],
      ['a malformed idempotency key', 400, 'invalid_request', '/executions', { body: { workflow: flow }, headers: { 'idempotency-key': 'a b' } }],
      ['another content type', 415, 'unsupported_media_type', '/executions', { body: 'workflow=x', headers: { 'content-type': 'text/plain' } }],
    ];
    it.each(cases)('%s: %i %s', async (_what, status, code, path, options) => {
      const { problem } = await refused(app.alice, path, { method: 'POST', ...options }, status, code);
      if (status === 400 && code !== 'invalid_json') expect((problem as { errors: unknown[] }).errors).not.toEqual([]);
      await nothingRuns();
    });

    it('another content type, of a body that does not tell its length: 415', async () => {
      const status = new Promise<number | undefined>((resolve, reject) => {
        const request = http.request(`${app.base}${API}/tickets`, { method: 'POST', agent: false, headers: { 'x-api-key': KEYS.alice, 'content-type': 'text/plain', 'transfer-encoding': 'chunked' } }, (response) => resolve(response.resume().statusCode));
        request.on('error', reject).end('{}');
      });
      expect(await within(status, 'an answer')).toBe(415);
    });

    it('nobody: 401', async () => {
      await refused(app.as(undefined), '/executions', { method: 'POST', body: { workflow: flow } }, 401, 'unauthenticated');
    });

    it('a used idempotency key: 409', async () => {
      const key = { 'idempotency-key': `used-${platform}` };
      const first = await app.alice.open('/executions', { method: 'POST', body: { workflow: flow }, headers: key });
      await first.whenEnded();
      before++;
      await refused(app.alice, '/executions', { method: 'POST', body: { workflow: flow, input: 1 }, headers: key }, 409, 'idempotency_conflict');
      await nothingRuns();
      // The same body goes on in the same log, from where the client was, and after its end nothing is left.
      const again = await app.alice.open('/executions', { method: 'POST', body: { workflow: flow }, headers: { ...key, 'last-event-id': '2' } });
      await again.whenEnded();
      assertWhole(again.events, 3);
      const over = await app.alice.open('/executions', { method: 'POST', body: { workflow: flow }, headers: { ...key, 'last-event-id': first.lastEventId as string } });
      expect([over.status, await over.body()]).toEqual([204, '']);
      await nothingRuns();
    });

    it('too many executions: 429 with Retry-After', async () => {
      // Bob's one place is taken by the execution that waits at its gate.
      const count = await app.bob.count();
      const { headers } = await refused(app.bob, '/executions', { method: 'POST', body: { workflow: flow } }, 429, 'too_many_executions');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(await app.bob.post('/executions', { workflow: flow })).toMatchObject({ status: 429, json: { code: 'too_many_executions' } });
      expect(await app.bob.count()).toBe(count);
    });

    it('a journal that cannot be written: 503 with Retry-After, and all is well again after it', () => app.withJournalFile(async (file) => {
      file.lock();
      try {
        const { headers } = await refused(app.alice, '/executions', { method: 'POST', body: { workflow: flow } }, 503, 'journal_unavailable');
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      } finally {
        file.unlock();
      }
      await eventually(async () => {
        const { status } = await app.alice.post('/executions', { workflow: flow });
        return status === 202;
      }, 'a start');
      before++;
      await nothingRuns();
    }));
  });

  it('and an error after it cuts the line, as the client knows how to resume from there', async () => {
    const failing = await TestApp.start({ platform });
    try {
      const execution = await failing.alice.start(workflow('long', agent('g', 'gate')));
      await (await failing.alice.openExecution(execution)).untilEvent('step_started');
      const journal = failing.nest.get(Journal);
      const past = (await journal.read(execution, 0, { limit: 10 })) as EventBatch;
      const fault = new Subject<never>();
      const broken = jest.spyOn(journal, 'follow').mockImplementation(() => concat([past], fault));
      const paths = [`/executions/${execution}/stream`, `/stream?executions=${execution}`, '/stream'];
      const streams = await Promise.all(paths.map((path) => failing.alice.open(path)));
      for (const stream of streams) await stream.untilEvent('step_started');
      fault.error(new Error('a fault of the server'));
      for (const stream of streams) {
        expect(await stream.whenEnded()).toBe('cut');
        expect(stream.events.map(({ type }) => type)).toEqual(['workflow_started', 'step_started']);
      }
      // From here on it comes before anything was sent.
      for (const path of paths) await refused(failing.alice, path, {}, 500, 'internal');
      broken.mockRestore();
      failing.stage.gate(execution, 'g').open();
      assertWhole(await failing.alice.follow(execution, '', { 'last-event-id': String(past.lastSeq) }), past.lastSeq + 1);
    } finally {
      await failing.close({ expectErrors: true });
    }
  });
});
