/** What the views of React and Vue are made of. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type EventType, type ExecutionEvent, type StepInfo } from '../../contract/events.js';
import { type ExecutionState, fold, initialState } from '../../contract/state.js';
import { RequestError } from '../client.error.js';
import { beginningOf, choiceLabel, fieldOf, refusalOf, valueOf } from './answer.js';
import { factsOf, timeOf, valueTextOf } from './facts.js';
import { labelsOf } from './labels.js';
import { Paced } from './paced.js';
import { MAX_LINES, nextView, NO_VIEW, type ProgressView } from './progress.view.js';
import { placeOf, ROUNDS_SHOWN, type StepNode, textBelow, treeOf } from './step.tree.js';
import { tailOf } from './text.tail.js';

const LABELS = labelsOf(undefined);

/** A log that grows, with the state after it. */
class Log {
  readonly events: ExecutionEvent[] = [];
  state: ExecutionState = initialState({ id: 'e', workflow: 'w', createdAt: '' });

  add(type: EventType, id?: string, data: object = {}, more: object = {}): this {
    const step: Partial<StepInfo> | undefined = id === undefined ? undefined : { id, name: id.split('/').at(-1) as string, type: 'agent', attempt: 1, iteration: 0, index: 0, total: 1, status: 'running' };
    const event = { seq: this.events.length + 1, type, executionId: 'e', workflow: 'w', timestamp: '2026-11-20T08:00:00.000Z', progress: 0, data, ...(step ? { step } : {}), ...more } as ExecutionEvent;
    this.events.push(event);
    this.state = fold(this.state, [event]);
    return this;
  }

  start(...ids: string[]): this {
    for (const id of ids) this.add('step_started', id);
    return this;
  }

  view(before: ProgressView = NO_VIEW): ProgressView {
    return nextView(before, { state: this.state, events: this.events }, LABELS);
  }
}

const shape = (nodes: readonly StepNode[]): unknown => nodes.map(({ step, round, children }) => [step.name, ...(round === undefined ? [] : [round]), ...(children.length ? [shape(children)] : [])]);

describe('the step tree', () => {
  it.each([
    ['a', undefined, undefined],
    ['a/b', 'a', undefined],
    ['a[2]/b', 'a', 2],
    ['a[2]/b/c', 'a[2]/b', undefined],
    ['a[2]/b[13]/c', 'a[2]/b', 13],
  ])('places %s', (id, parent, round) => {
    expect(placeOf(id)).toEqual({ parent, round });
  });

  it('has each step below the one it is in, in the order of their starts', () => {
    const { state } = new Log().start('plan', 'gather', 'gather/a', 'gather/b', 'gather/b/c', 'loop', 'loop[1]/x', 'loop[1]/x/y', 'loop[2]/x');
    expect(shape(treeOf(state.steps))).toEqual([['plan'], ['gather', [['a'], ['b', [['c']]]]], ['loop', [['x', 1, [['y']]], ['x', 2]]]]);
  });

  it('keeps what has not changed as it was', () => {
    const log = new Log().start('plan', 'gather', 'gather/a', 'gather/b');
    // As a store's snapshots are: only what has changed is a new object.
    const stepsAfter = (id: string) => ({ ...log.state.steps, [id]: { ...log.state.steps[id], text: 'new' } as never });
    const before = treeOf(log.state.steps);
    expect(treeOf(log.state.steps, before)).toBe(before);
    const after = treeOf(stepsAfter('gather/a'), before);
    expect(after).not.toBe(before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.children[1]).toBe(before[1]?.children[1]);
    expect(after[1]?.children[0]?.step.text).toBe('new');
  });

  it('shows the last rounds of a long loop, and says how many there were before', () => {
    const log = new Log().start('loop');
    for (let round = 1; round <= ROUNDS_SHOWN + 3; round++) log.start(`loop[${round}]/x`);
    const [loop] = treeOf(log.state.steps);
    expect(loop?.earlierRounds).toBe(3);
    expect(loop?.children.map(({ round }) => round)).toEqual(Array.from({ length: ROUNDS_SHOWN }, (_, i) => i + 4));
  });

  it('shows a step whose place is not known, at the top', () => {
    expect(shape(treeOf(new Log().start('lost/step').state.steps))).toEqual([['step']]);
  });

  it('finds the text that was written below a branch', () => {
    const log = new Log().start('p', 'p/a', 'p/b').add('step_output', 'p/a', { kind: 'text', delta: 'of a', offset: 0 });
    expect(textBelow(treeOf(log.state.steps)[0] as StepNode)).toBe('of a');
    log.add('step_output', 'p/b', { kind: 'text', delta: 'of b', offset: 0 });
    expect(textBelow(treeOf(log.state.steps)[0] as StepNode)).toBe('of b');
  });
});

describe('a view', () => {
  const error = { code: 'agent_failed', message: 'no luck' };

  it('has a line for what happens, and none for each piece of text', () => {
    const log = new Log().add('workflow_started', undefined, {}, { message: 'Started w' }).start('a')
      .add('step_output', 'a', { kind: 'text', delta: 'x', offset: 0 }).add('step_progress', 'a', { progress: 0.5 })
      .add('step_retrying', 'a', { attempt: 1, maxAttempts: 2, delayMs: 0, error }, { message: 'Attempt 1 failed' })
      .add('message', 'a', { level: 'debug', text: 'hm' }, { message: 'hm' }).add('workflow_failed', undefined, { error }, { message: 'no luck' });
    expect(log.view().lines.map(({ seq, level, text }) => [seq, level, text])).toEqual([
      [1, 'info', 'Started w'], [2, 'info', 'step_started'], [5, 'warn', 'Attempt 1 failed: no luck'], [6, 'debug', 'hm'], [7, 'error', 'no luck'],
    ]);
  });

  it('goes on from where it was, and is the same where nothing is new', () => {
    const log = new Log().start('a');
    const first = log.view();
    expect(log.view(first)).toBe(first);
    const second = log.start('b').view(first);
    expect(second.lines.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(second.lines[0]).toBe(first.lines[0]);
    const third = log.add('step_output', 'b', { kind: 'text', delta: 'x', offset: 0 }).view(second);
    expect([third.lines, third.said]).toEqual([second.lines, second.said]);
    expect(third.lines).toBe(second.lines);
  });

  it('keeps its lines while events are dropped, and not more of them than can be shown', () => {
    let view = new Log().start('a').view();
    const log = new Log().start('a');
    for (let i = 0; i < 5; i++) {
      log.add('step_output', 'a', { kind: 'text', delta: 'x', offset: i });
      view = nextView(view, { state: log.state, events: log.events.slice(-1) }, LABELS);
    }
    expect(view).toMatchObject({ lines: [{ seq: 1 }], hasEarlierLines: false });
    for (let i = 0; i < MAX_LINES; i++) log.start(`s${i}`);
    view = log.view(view);
    expect(view.lines).toHaveLength(MAX_LINES);
    expect(view.hasEarlierLines).toBe(true);
  });

  it('tells that lines are missing where events came too fast', () => {
    const log = new Log().start('a', 'b', 'c');
    expect(nextView(NO_VIEW, { state: log.state, events: log.events.slice(-1) }, LABELS)).toMatchObject({ lines: [{ seq: 3 }], hasEarlierLines: true });
  });

  it('begins anew with another execution, or when the same one is read again', () => {
    const view = new Log().start('a', 'b').view();
    const other = { ...new Log().start('c').state, id: 'other' };
    expect(nextView(view, { state: other, events: [] }, LABELS)).toMatchObject({ executionId: 'other', lines: [], tree: [{ step: { name: 'c' } }] });
    expect(new Log().start('a').view(view).lines).toHaveLength(1);
    const none = nextView(view, { state: initialState({ id: 'none', workflow: '', createdAt: '' }), events: [] }, LABELS);
    expect(none).toMatchObject({ executionId: 'none', lines: [], tree: [], said: [] });
    expect(nextView(none, { state: initialState({ id: 'none', workflow: '', createdAt: '' }), events: [] }, LABELS)).toBe(none);
  });

  it('says the last few things that matter to who does not look', () => {
    const log = new Log();
    const said = (): string[] => log.view().said.map(({ text }) => text);
    log.start('a').add('step_completed', 'a', { output: 1 }).start('b');
    expect(said()).toEqual(['a has started', 'a is completed', 'b has started']);
    log.add('step_output', 'b', { kind: 'text', delta: 'x', offset: 0 }).add('input_required', 'b', {});
    expect(said().at(-1)).toBe('b waits for your answer: b waits for an answer');
    log.add('input_received', 'b', { value: 1 }).add('step_failed', 'b', { error }).add('workflow_failed', undefined, { error });
    expect(said()).toEqual(['b was answered', 'b has failed: no luck', 'The workflow has failed: no luck']);
    log.add('step_retrying', 'b', { attempt: 1, maxAttempts: 3, delayMs: 1, error }).add('workflow_resumed', undefined, { reason: 'crash', fromSeq: 1 }).add('workflow_cancelled', undefined, { reason: 'enough' });
    expect(said()).toEqual(['Attempt 1 of 3 of b has failed, it is tried again', 'The workflow goes on after an interruption', 'The workflow was cancelled: enough']);
    log.add('step_cancelled', 'b', { reason: 'x' }).add('workflow_completed', undefined, { result: 1 });
    expect(said().slice(-2)).toEqual(['b was cancelled', 'The workflow is completed']);
  });
});

describe('an answer', () => {
  const read = (schema: Parameters<typeof fieldOf>[0], typed: string) => valueOf(fieldOf(schema), typed, LABELS);

  it.each([
    [{ type: 'boolean' }, 'boolean', 'true', true],
    [{ enum: ['a', 2, null] }, 'choice', '1', 2],
    [{ enum: ['a', 2, null] }, 'choice', '2', null],
    [{ type: 'number' }, 'number', '1.5', 1.5],
    [{ type: 'integer' }, 'number', '7', 7],
    [{ type: 'string' }, 'text', '', ''],
    [{ type: ['string', 'null'] }, 'json', 'null', null],
    [{ type: 'array' }, 'json', '[1]', [1]],
    [undefined, 'json', '"x"', 'x'],
    [true, 'json', '{"a":1}', { a: 1 }],
    [{ enum: [] }, 'json', '1', 1],
  ])('to %j is taken by a field for %s', (schema, kind, typed, value) => {
    expect(fieldOf(schema as never).kind).toBe(kind);
    expect(read(schema as never, typed)).toEqual({ value });
  });

  it.each([[{ enum: ['a'] }, ''], [{ enum: ['a'] }, '5'], [{ type: 'number' }, ' '], [{ type: 'number' }, 'x'], [{}, '{']])('to %j is not %j', (schema, typed) => {
    expect(read(schema as never, typed)).toEqual({ fault: expect.any(String) });
  });

  it.each([
    [{ enum: ['a', { b: 1 }], default: { b: 1 } }, '1'],
    [{ enum: ['a'], default: 'none of them' }, ''],
    [{ type: 'number', default: 3 }, '3'],
    [{ type: 'string', default: 'x' }, 'x'],
    [{ type: 'object', default: { a: 1 } }, '{\n  "a": 1\n}'],
    [{ default: 'x' }, '"x"'],
    [{ type: 'string' }, ''],
  ])('to %j begins with %j', (schema, typed) => {
    expect(beginningOf(fieldOf(schema as never), schema as never)).toBe(typed);
  });

  it('is written on several lines where it may be long', () => {
    expect(fieldOf({ type: 'string', maxLength: 200 })).toMatchObject({ isLong: false });
    expect(fieldOf({ type: 'string', maxLength: 201, minLength: 1 })).toEqual({ kind: 'text', isLong: true, minLength: 1, maxLength: 201 });
    expect(fieldOf({ type: 'string', format: 'textarea' })).toMatchObject({ isLong: true });
  });

  it('names its choices and its refusals', () => {
    expect(['a', true, false, 7, { b: 1 }].map((choice) => choiceLabel(choice, LABELS))).toEqual(['a', 'Yes', 'No', '7', '{"b":1}']);
    expect(refusalOf(new RequestError('no', 400, 'invalid_input', [{ path: '/a', message: 'is missing' }, { path: '', message: 'is small' }]))).toBe('/a is missing; is small');
    expect(refusalOf(new RequestError('gone', 410, 'gone'))).toBe('gone');
    expect(refusalOf('odd')).toBe('odd');
  });
});

describe('words', () => {
  it('of one\'s own stand beside English ones', () => {
    const labels = labelsOf({ cancel: 'Abbrechen', status: { running: 'Läuft' }, said: { resumed: 'Es geht weiter' } });
    expect([labels.cancel, labels.send, labels.status.running, labels.status.failed, labels.said.resumed, labels.said.completed]).toEqual(['Abbrechen', 'Send', 'Läuft', 'Failed', 'Es geht weiter', 'The workflow is completed']);
    expect(labelsOf(undefined)).toBe(labelsOf(undefined));
  });

  it('beside a step tell its round, its attempt, how far it is and how long it took', () => {
    const log = new Log().start('loop', 'loop[2]/x');
    const node = (change: object): StepNode => {
      const found = treeOf(log.state.steps)[0]?.children[0] as StepNode;
      return { ...found, step: { ...found.step, ...change } };
    };
    expect(factsOf(node({ attempt: 3, progress: 0.5 }), LABELS)).toBe('round 2 · attempt 3 · 50 %');
    expect(factsOf(node({ status: 'completed', finishedAt: 'x', durationMs: 61_000, progress: 1 }), LABELS)).toBe('round 2 · 1 min 1 s');
    expect([12, 1500].map(LABELS.duration)).toEqual(['12 ms', '1.5 s']);
  });

  it('of the bar never say 100 before the end', () => {
    expect(valueTextOf({ progress: 0.9999, status: 'running', currentStep: undefined }, LABELS)).toBe('99 %, Running');
    expect(timeOf('2026-11-20T08:00:00.000Z')).toMatch(/^\d\d:00:00$/);
  });

  it('of a long text are its end, with no character cut in two', () => {
    expect(tailOf('abc', 3)).toEqual({ text: 'abc', left: 0 });
    expect(tailOf('abcd', 3)).toEqual({ text: 'bcd', left: 1 });
    expect(tailOf('a😀b', 2)).toEqual({ text: '😀b', left: 1 });
  });
});

describe('what is said', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('comes at once, then the last of what came meanwhile, so often at most', () => {
    const said: number[] = [];
    const pace = new Paced<number>((value) => said.push(value), 1000);
    for (const value of [1, 2, 3]) pace.offer(value);
    expect(said).toEqual([1]);
    jest.advanceTimersByTime(999);
    expect(said).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(said).toEqual([1, 3]);
    jest.advanceTimersByTime(1000);
    pace.offer(4);
    expect(said).toEqual([1, 3, 4]);
    pace.offer(5);
    pace.stop();
    jest.advanceTimersByTime(5000);
    expect(said).toEqual([1, 3, 4]);
  });
});
