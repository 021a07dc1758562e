/** Nothing that is sent in, or that agents say, breaks a frame, a header or a line of the log; and no secret is told by any of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { agent, input, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { TestApp } from '../support/app.js';
import { KEYS } from '../support/client.js';
import { ServiceProcess } from '../support/process.js';
import { eventOf, isEvent } from '../support/sse.js';

const BREAKS = ['\n', '\r', '\r\n', '\n\n', '\u2028', '\u2029', '\u0085', '\u0000', '\u001b[2J', '\ud800', '\udc00x', '\ufeff', '\u202e', '\v', '\f'];
const text = fc.array(fc.oneof(fc.constantFrom(...BREAKS, 'data: {"seq":1}', 'event: workflow_completed', 'id: 99', 'retry: 1', ': ', '}', '"', '\\'), fc.string({ maxLength: 5 })), { maxLength: 6 }).map((parts) => parts.join(''));

describe('a frame', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    app.stage.write('say', (ctx) => {
      const { said } = ctx.input as { said: string };
      ctx.text(said);
      ctx.log(said, 'warn', said);
      ctx.progress(0.5, said, { [said]: said });
      ctx.toolCall({ callId: said, tool: (ctx.input as { tool?: string }).tool ?? said, input: said });
      ctx.toolResult(said, { error: new Error(said) });
      ctx.data({ [said]: said });
      if (ctx.attempt === 1) throw Object.assign(new Error(said), { code: said });
      return { [said]: said };
    });
  });
  afterAll(() => app.close());

  it('is broken by nothing that is said, sent or asked in it', async () => {
    await fc.assert(fc.asyncProperty(text, async (said) => {
      const sent = { said, sessionId: `s${said}`.slice(0, 200) };
      const steps = [retry('again', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('say', 'play', { input: { part: 'say', said: '{{input.said}}' } })), input('ask', { prompt: '{{input.said}}' })];
      const answer = await app.alice.post('/executions', { workflow: workflow('w', ...steps), input: { said }, sessionId: sent.sessionId });
      expect(answer.status).toBe(202);
      const { id } = answer.json as { id: string };
      const reader = await app.alice.openExecution(id);
      await reader.untilEvent('input_required');
      expect((await app.alice.post(`/executions/${id}/input`, { value: said })).status).toBe(202);
      await reader.whenEnded();
      assertWhole(reader.events);
      for (const frame of reader.frames.filter(isEvent)) {
        const lines = frame.raw.split(/\r\n|\r|\n/);
        const { seq, type } = eventOf(frame);
        expect(lines).toEqual([`event: ${type}`, `id: ${seq}`, `data: ${frame.data}`]);
      }
      const last = reader.events.at(-1);
      expect([last?.type, last?.sessionId, last?.type === 'workflow_completed' && last.data.result]).toEqual(['workflow_completed', sent.sessionId, said]);
      expect((await app.alice.get(`/executions/${id}/events?limit=1000`)).json.events).toEqual(reader.events);
      expect((await app.alice.post(`/executions/${id}/cancel`, { reason: said.slice(0, 500) })).status).toBe(409);
    }), { numRuns: 40 });
  });

  it('tells no secret in what failures, log lines and states say, and leaves outputs and text as they are', async () => {
    const secret = `sk-proj-0123456789abcdef and ${KEYS.alice}`;
    const id = await app.alice.start(workflow('w', agent('say', 'play', { input: { part: 'say', said: secret, tool: 'lookup' } })));
    const events = await app.alice.follow(id);
    for (const { type, data, message } of events) {
      const told = JSON.stringify([type === 'tool_result' ? { ...data, callId: '' } : type === 'message' ? { ...data, code: '' } : type === 'step_progress' ? { ...data, metadata: '' } : data, message]);
      const kept = ['workflow_started', 'step_started', 'step_output', 'tool_call'].includes(type);
      if (!kept) expect([type, told.includes('abcdef') || told.includes(KEYS.alice)]).toEqual([type, false]);
    }
    expect(events.find(({ type }) => type === 'step_output')?.data).toMatchObject({ delta: secret });
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', message: '[redacted] and [redacted]', data: { error: { message: '[redacted] and [redacted]', cause: '[redacted] and [redacted]' } } });
    expect((await app.alice.status(id)).error).toMatchObject({ message: '[redacted] and [redacted]' });
  });
});

describe('the log of the service', () => {
  let service: ServiceProcess;
  afterEach(() => service.dispose());

  it('has a line of JSON for each thing told, whatever was sent, and no secret, wherever it was', async () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
    const secrets = ['sk-proj-0123456789abcdef', jwt, 'tkt_0123456789abcdefghij', KEYS.alice, KEYS.root, 'a-long-secret-of-the-provider', 'a secret of thirty-two bytes, or more'];
    service = await ServiceProcess.start({ env: { OPENAI_API_KEY: 'a-long-secret-of-the-provider', STEPCAST_JWT_SECRET: 'a secret of thirty-two bytes, or more' } });
    const alice = service.as('alice');
    const hostile = BREAKS.filter((each) => each.isWellFormed()).join('').concat('{"level":30,"msg":"forged"}');
    for (const part of [...secrets, hostile]) {
      const encoded = encodeURIComponent(part);
      await alice.get(`/executions/${encoded}`);
      await alice.get(`/executions?status=${encoded}&ticket=${encoded}&token=${encoded}`);
      await service.as(undefined).get(`/executions/x/stream?ticket=${encoded}`);
      await alice.post('/executions', { workflow: workflow('w', agent('e', part)), sessionId: part });
    }
    // Bytes that no encoder makes: of the second half of Latin-1, among them the 8-bit forms of escape sequences.
    await service.as('alice').get('/executions/\u009b2J\u0085x');
    await service.end();
    const lines = service.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]|^\{"level":30,"msg":"forged"/u);
    }
    for (const secret of secrets) for (const form of [secret, encodeURIComponent(secret)]) expect([secret, service.output.includes(form)]).toEqual([secret, false]);
  });

  it('and its environment bound what a workflow puts out', async () => {
    service = await ServiceProcess.start({ env: { STEPCAST_MAX_EVENTS_PER_EXECUTION: '150', STEPCAST_MAX_OUTPUT_BYTES: '2048' } });
    const alice = service.as('alice');
    const flood = await alice.follow(await alice.start({ name: 'flood', steps: [{ type: 'iteration', name: 'loop', maxIterations: 10_000, step: { type: 'agent', name: 'e', agent: 'echo' } }] }));
    assertWhole(flood);
    expect([flood.length <= 150, flood.at(-1)]).toEqual([true, expect.objectContaining({ type: 'workflow_failed', data: { error: expect.objectContaining({ code: 'too_many_events' }) } })]);
    const tokens = await alice.follow(await alice.start({ name: 'tokens', steps: [{ type: 'agent', name: 't', agent: 'tokens', input: { count: 100_000, intervalMs: 0 } }] }));
    expect(tokens.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: expect.stringMatching(/too_many_events|output_too_large/) } } });
    const grown = await alice.follow(await alice.start({ name: 'grown', steps: [{ type: 'agent', name: 'e', agent: 'echo', input: '{{input}}{{input}}' }] }, 'x'.repeat(1500)));
    expect(grown.at(-1)).toMatchObject({ data: { error: { code: 'output_too_large', stepId: 'e' } } });
    expect(await alice.post('/executions', { workflow: workflow('w', agent('e', 'echo')), input: 'x'.repeat(2048) })).toMatchObject({ status: 413, json: { code: 'payload_too_large', errors: [{ path: '/input' }] } });
  });
});
