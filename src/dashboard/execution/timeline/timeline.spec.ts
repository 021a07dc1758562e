import { describe, expect, it } from '@jest/globals';
import { type StepType } from '../../../contract/definition.js';
import { type EventData, type ExecutionEvent, type StepInfo } from '../../../contract/events.js';
import { placeOn, tickLabel, ticksOf } from './time.scale.js';
import { clip, placeOf, Timeline, visibleRows } from './timeline.js';

/** A log written event by event, each a millisecond after the one before. */
class Log {
  readonly timeline = new Timeline();
  private seq = 0;

  add<T extends keyof EventData>(type: T, id?: string, { data = {}, attempt = 1, kind = 'agent' }: { data?: object; attempt?: number; kind?: StepType } = {}): this {
    const name = id?.split('/').at(-1) ?? '';
    const step: StepInfo | undefined = id === undefined ? undefined : { id, name, type: kind, index: 0, total: 1, attempt, iteration: 0, status: 'running' };
    this.seq++;
    this.timeline.apply({ seq: this.seq, type, executionId: 'x', workflow: 'w', timestamp: new Date(this.seq).toISOString(), progress: 0, data, ...(step ? { step } : {}) } as unknown as ExecutionEvent);
    return this;
  }

  bars(id: string): string[] {
    return (this.timeline.row(id)?.bars ?? []).map(({ attempt, startSeq, endSeq, status, waits }) => `${attempt} ${startSeq}-${endSeq ?? ''} ${status}${waits.map((wait) => ` wait ${wait.startSeq}-${wait.endSeq ?? ''}`).join('')}`);
  }
}

describe('a timeline', () => {
  it('has a bar for each attempt, and says how it ended', () => {
    const log = new Log().add('workflow_started').add('step_started', 'r', { kind: 'retry' }).add('step_started', 'r/a').add('step_retrying', 'r/a')
      .add('step_started', 'r/a', { attempt: 2 }).add('step_completed', 'r/a', { attempt: 2 }).add('step_completed', 'r', { kind: 'retry' });
    expect(log.bars('r/a')).toEqual(['1 3-4 retried', '2 5-6 completed']);
    expect(log.bars('r')).toEqual(['1 2-7 completed']);
  });

  it('shows what a crash cut short, while what orders steps goes on', () => {
    const log = new Log().add('step_started', 'p', { kind: 'parallel' }).add('step_started', 'p/a').add('workflow_resumed').add('step_started', 'p/a', { attempt: 2 }).add('workflow_cancelled');
    expect(log.bars('p/a')).toEqual(['1 2-3 interrupted', '2 4-5 cancelled']);
    expect(log.bars('p')).toEqual(['1 1-5 cancelled']);
  });

  it('shows how long a step waited for a person', () => {
    const log = new Log().add('step_started', 'i', { kind: 'input' }).add('input_required', 'i', { kind: 'input' }).add('input_received', 'i', { kind: 'input' }).add('step_completed', 'i', { kind: 'input' });
    expect(log.bars('i')).toEqual(['1 1-4 completed wait 2-3']);
    const asking = new Log().add('step_started', 'i', { kind: 'input' }).add('input_required', 'i', { kind: 'input' });
    expect(asking.bars('i')).toEqual(['1 1- running wait 2-']);
  });

  it('can be looked at as it stood at any event', () => {
    const log = new Log().add('step_started', 'i', { kind: 'input' }).add('input_required', 'i', { kind: 'input' }).add('input_received', 'i', { kind: 'input' }).add('step_completed', 'i', { kind: 'input' });
    const bars = log.timeline.row('i')?.bars ?? [];
    expect(clip(bars, 0)).toEqual([]);
    expect(clip(bars, 2)).toEqual([{ attempt: 1, startSeq: 1, startMs: 1, status: 'running', waits: [{ startSeq: 2, startMs: 2 }] }]);
    expect(clip(bars, 4)).toEqual(bars);
  });

  it('has its rows as a tree, rounds of loops too, and leaves out what is closed or has not begun', () => {
    const log = new Log().add('step_started', 'l', { kind: 'iteration' }).add('step_started', 'l[1]/s', { kind: 'sequential' }).add('step_started', 'l[1]/s/a').add('step_started', 'l[2]/s', { kind: 'sequential' }).add('step_started', 'end');
    const shown = (closed: string[] = [], seq?: number) => visibleRows(log.timeline.roots, new Set(closed), seq).map(({ id, depth, round }) => `${depth} ${id} ${round ?? ''}`.trim());
    expect(shown()).toEqual(['0 l', '1 l[1]/s 1', '2 l[1]/s/a', '1 l[2]/s 2', '0 end']);
    expect(shown(['l[1]/s'])).toEqual(['0 l', '1 l[1]/s 1', '1 l[2]/s 2', '0 end']);
    expect(shown([], 3)).toEqual(['0 l', '1 l[1]/s 1', '2 l[1]/s/a']);
  });

  it.each([['a', undefined, undefined], ['a/b', 'a', undefined], ['a[2]/b', 'a', 2], ['a[2]/b/c[10]/d', 'a[2]/b/c', 10]])('knows the place of %s', (id, parent, round) => {
    expect(placeOf(id)).toEqual({ parent, round });
  });

  it('marks round times', () => {
    expect(ticksOf(10_000, 5).map(tickLabel)).toEqual(['0 ms', '2 s', '4 s', '6 s', '8 s']);
    expect(ticksOf(3, 100)).toEqual([0, 1, 2, 3]);
    expect(ticksOf(90_000, 4).map(tickLabel)).toEqual(['0 ms', '30 s', '1 min', '1:30']);
    expect(ticksOf(10 * 86_400_000, 4).length).toBeLessThanOrEqual(4);
  });

  it('has a place in sight for what takes no time, at the end too', () => {
    const scale = { startMs: 1000, spanMs: 200, nowMs: 1150 };
    expect(placeOn(scale, 1050, 1100)).toEqual({ left: 'min(25%, 100% - 3px)', width: '25%' });
    expect(placeOn(scale, 1050, undefined)).toEqual({ left: 'min(25%, 100% - 3px)', width: '50%' });
    expect(placeOn(scale, 1200, 1200)).toEqual({ left: 'min(100%, 100% - 3px)', width: '0%' });
  });
});
