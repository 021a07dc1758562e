import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Engine, only, outline, turns, upTo } from '../../../test/support/engine.js';
import { type Step } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionEvent, TERMINAL_TYPES } from '../../contract/events.js';
import { type JsonValue, toJson } from '../../contract/json.js';
import { fold, initialState } from '../../contract/state.js';
import { type AgentContext } from '../agent.js';
import { agent, conditional, input, iteration, parallel, retry, sequential } from '../definition/builder.js';
import { fitsIn } from './limits.js';

let engine: Engine;
afterEach(() => engine.close());

const open = async (options: ConstructorParameters<typeof Engine>[0] = {}) => (engine = await new Engine(options).open());

/** Numbered without a gap, within the bound, with one end of each step that began, and one of all at the end. */
function assertWhole(log: readonly ExecutionEvent[], most: number): void {
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(log.length).toBeLessThanOrEqual(most);
  expect(log.filter(({ type }) => TERMINAL_TYPES.has(type))).toEqual([log.at(-1)]);
  const state = fold(initialState({ id: '', workflow: '', createdAt: '' }), log);
  expect(Object.values(state.steps).map((step) => [step.id, step.finishedAt === undefined])).toEqual(Object.keys(state.steps).map((id) => [id, false]));
}

describe('an execution that tells more than it may', () => {
  const FLOODS: [string, Step][] = [
    ['an agent that never stops', agent('a', async function* (ctx: AgentContext) { for (let n = 0; ; n++) yield ctx.text(`${n} `); })],
    ['an agent that never lets anyone else run', agent('a', (ctx: AgentContext) => { for (;;) ctx.text('x'); })],
    ['one that does so by progress', agent('a', (ctx: AgentContext) => { for (;;) ctx.progress(0.5); })],
    ['one that does so by log lines', agent('a', (ctx: AgentContext) => { for (;;) ctx.log('x'); })],
    ['one that does so by data', agent('a', (ctx: AgentContext) => { for (;;) ctx.data({}); })],
    ['one that does so by tools', agent('a', (ctx: AgentContext) => { for (;;) { ctx.toolCall({ callId: 'c', tool: 't', input: null }); ctx.toolResult('c', { output: null }); } })],
    ['a loop', iteration('loop', { maxIterations: 10_000 }, agent('e', 'echo'))],
    ['a loop around all else', iteration('loop', {
      maxIterations: 10_000 }, sequential('s', parallel('p', agent('a', 'echo'), agent('b', 'echo'), sequential('t', conditional('c', { when: 'true', then: agent('d', 'echo'), else: agent('f', 'echo') }))), retry('r', { maxAttempts: 3 }, agent('g', 'echo'))))],
    ['many branches', parallel('p', ...Array.from({ length: 300 }, (_, i) => agent(`a${i}`, 'echo')))],
    ['attempts without end', retry('r', { maxAttempts: 100, backoff: { delayMs: 0 } }, agent('a', (ctx: AgentContext) => { ctx.text('x'); throw new Error('no'); }))],
  ];
  it.each(FLOODS)('is failed, and its end is the last event: %s', async (_what, step) => {
    await open({ maxEventsPerExecution: 200 });
    const log = await engine.run(step);
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'too_many_events', message: expect.stringMatching(/ all of the 200 events .* its end(; the last is of step \S+)?; tell less/) } } });
    assertWhole(log, 200);
    expect(log.length).toBeGreaterThan(80);
    expect(engine.scheduler.runnerOf(log[0]?.executionId as string)).toBeUndefined();
  });

  it('halts what runs beside: signals abort, at once, and steps tell that they were cancelled for it', async () => {
    await open({ maxEventsPerExecution: 100 });
    const signals: AbortSignal[] = [];
    const waits = (ctx: AgentContext) => new Promise((_, reject) => {
      signals.push(ctx.signal);
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
    });
    let aborted = 0;
    const floods = async (ctx: AgentContext) => {
      await turns(1);
      try {
        for (;;) ctx.text('x');
      } catch (error) {
        aborted = signals.filter((signal) => signal.aborted).length;
        throw error;
      }
    };
    const log = await engine.run(parallel('p', agent('a', waits), agent('b', waits), agent('c', floods), input('ask')));
    expect(aborted).toBe(2);
    expect(outline(log).slice(-6)).toEqual(['step_cancelled p/a', 'step_cancelled p/b', 'step_cancelled p/c', 'step_cancelled p/ask', 'step_cancelled p', 'workflow_failed']);
    expect(only(log, 'step_cancelled', 'p/a').data.reason).toBe('too_many_events');
    expect(log.at(-1)).toMatchObject({ data: { error: { message: expect.stringContaining('of step p/c') } } });
    assertWhole(log, 100);
  });

  it('leaves room for the end of each step that runs beside, and for the text that it has yet to tell', async () => {
    await open({ maxEventsPerExecution: 200 });
    const waits = (ctx: AgentContext) => new Promise((_, reject) => {
      ctx.text('so far');
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
    });
    const floods = async (ctx: AgentContext) => { await turns(1); for (;;) ctx.progress(0.5); };
    const log = await engine.run({ name: 'flow', streaming: { flushIntervalMs: 60_000 }, steps: [parallel('p', ...Array.from({ length: 40 }, (_, i) => agent(`a${i}`, waits)), agent('flood', floods))] });
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'too_many_events' } } });
    expect(log.filter(({ type }) => type === 'step_output')).toHaveLength(40);
    assertWhole(log, 200);
  });

  it('is not, as long as it keeps below the bound', async () => {
    await open({ maxEventsPerExecution: 200 });
    expect((await engine.run(iteration('loop', { maxIterations: 45 }, agent('e', 'echo')))).at(-1)).toMatchObject({ type: 'workflow_completed' });
  });

  it('is failed after a crash too: what was told before counts', async () => {
    await open();
    const loop = { name: 'flow', steps: [iteration('loop', { maxIterations: 100 }, agent('e', 'echo'))] };
    const before = upTo(await engine.run(loop), 'iteration_completed').slice(0, -1);
    await engine.close();
    engine = new Engine({ maxEventsPerExecution: 100 });
    const id = await engine.plant({ definition: loop, events: before });
    await engine.open();
    const log = await engine.ended(id);
    expect(outline(log)).toContain('workflow_resumed');
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'too_many_events' } } });
    assertWhole(log, 100);
  });

  it('is failed where its events are few, but large', async () => {
    await open({ maxEventsPerExecution: 100, maxOutputBytes: 10_000 });
    const log = await engine.run(iteration('loop', { maxIterations: 1000 }, agent('e', () => 'x'.repeat(9000))));
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'too_many_events', message: expect.stringContaining('160000 characters') } } });
    expect(JSON.stringify(log).length).toBeLessThan(200_000);
    assertWhole(log, 100);
  });
});

describe('a step that puts out more than it may', () => {
  const LARGE = 'x'.repeat(1001);
  const STEPS: [string, Step, string][] = [
    ['by what it returns', agent('a', () => LARGE), 'a'],
    ['in many small parts', agent('a', () => Array.from({ length: 600 }, () => 1)), 'a'],
    ['in characters of several bytes', agent('a', () => '字'.repeat(400)), 'a'],
    ['in its last value', agent('a', async function* () { yield { n: LARGE }; }), 'a'],
    ['by the text it streams, a piece after the other', agent('a', (ctx: AgentContext) => { for (let i = 0; i < 11; i++) ctx.text('x'.repeat(100)); return 'short'; }), 'a'],
    ['by its reasoning', agent('a', (ctx: AgentContext) => { for (let i = 0; i < 11; i++) ctx.reasoning('x'.repeat(100)); return 'short'; }), 'a'],
    ['by one piece', agent('a', (ctx: AgentContext) => { ctx.data([LARGE]); }), 'a'],
    ['by a log line', agent('a', (ctx: AgentContext) => { ctx.log(LARGE); }), 'a'],
    ['by the metadata of a progress', agent('a', (ctx: AgentContext) => { ctx.progress(0.1, 's', { LARGE }); }), 'a'],
    ['by the call of a tool', agent('a', (ctx: AgentContext) => { ctx.toolCall({ callId: 'c', tool: 't', input: LARGE }); }), 'a'],
    ['by all branches together', parallel('p', agent('a', () => 'x'.repeat(600)), agent('b', () => 'x'.repeat(600))), 'p'],
    ['by a prompt that is filled', sequential('s', agent('a', () => 'x'.repeat(900)), input('ask', { prompt: '{{previous}}{{previous}}' })), 's/ask'],
  ];
  it.each(STEPS)('fails, and nothing of it is kept: %s', async (_what, step, stepId) => {
    await open({ maxOutputBytes: 1000 });
    const log = await engine.run(step);
    expect(only(log, 'step_failed', stepId).data.error).toMatchObject({ code: 'output_too_large', message: expect.stringMatching(/more than 1000 bytes of JSON; .*STEPCAST_MAX_OUTPUT_BYTES/) });
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'output_too_large', stepId } } });
    expect(Math.max(...log.map((event) => JSON.stringify(event).length))).toBeLessThan(2500);
  });

  it('may be tried again, and may then put out less', async () => {
    await open({ maxOutputBytes: 1000 });
    const log = await engine.run(retry('r', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('a', (ctx: AgentContext) => (ctx.attempt === 1 ? LARGE : 'short'))));
    expect(only(log, 'step_retrying').data.error.code).toBe('output_too_large');
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'short' } });
  });

  it('does not fail with as much as it may', async () => {
    await open({ maxOutputBytes: 1000 });
    expect((await engine.run(agent('a', () => 'x'.repeat(998)))).at(-1)).toMatchObject({ type: 'workflow_completed' });
  });
});

describe('what comes from outside', () => {
  it('is refused where it is larger than an output may be', async () => {
    await open({ maxOutputBytes: 1000 });
    await expect(engine.start(agent('a', 'echo'), 'x'.repeat(1001))).rejects.toMatchObject({ code: 'payload_too_large', faults: [{ path: '/input', message: expect.any(String) }] });
    const id = await engine.start(input('ask'));
    await engine.told(id, 'input_required');
    await expect(engine.executions.answer(id, undefined, 'x'.repeat(1001))).rejects.toMatchObject({ code: 'payload_too_large', faults: [{ path: '/value', message: expect.any(String) }] });
    expect((await engine.status(id)).status).toBe('waiting');
    await engine.executions.answer(id, undefined, 'x');
    expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
  });

  it('is no error of the service', () => {
    expect(new StepcastError('payload_too_large', 'x').status).toBe(413);
  });
});

describe('a size', () => {
  it.each<[JsonValue, number]>([[0, 1], [-1, 2], [1.5, 3], [null, 4], [false, 5], ['', 2], [[], 2], [{}, 2], [[0], 3], [[0, 0], 5], [{ '': 0 }, 6]])('of %j is %i bytes, neither more nor less', (value, bytes) => {
    expect(fitsIn(value, bytes)).toBe(true);
    expect(fitsIn(value, bytes - 1)).toBe(false);
  });

  it('is that of the JSON in UTF-8, exactly', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', '\u0000', 'é', '字', '😀', '\ud800', '\u2028'), maxLength: 40 });
    const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
      json: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), text, fc.array(tie('json'), { maxLength: 8 }), fc.dictionary(text, tie('json'), { maxKeys: 5 })),
    }));
    fc.assert(fc.property(json, fc.integer({ min: -3, max: 3 }), (given, off) => {
      const value = toJson(given);
      const bytes = Buffer.byteLength(JSON.stringify(value));
      expect(fitsIn(value, bytes + off)).toBe(off >= 0);
    }));
  });
});
