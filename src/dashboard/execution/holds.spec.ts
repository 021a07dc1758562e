import { describe, expect, it } from '@jest/globals';
import { type EventData, type ExecutionEvent, type StepInfo } from '../../contract/events.js';
import { Holds } from './holds.js';

class Log {
  readonly holds = new Holds();
  private seq = 0;

  add<T extends keyof EventData>(type: T, id?: string, data: object = {}): this {
    const step: StepInfo | undefined = id === undefined ? undefined : { id, name: id, type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0, status: 'running' };
    this.seq++;
    this.holds.apply({ seq: this.seq, type, executionId: 'x', workflow: 'w', timestamp: new Date(this.seq).toISOString(), progress: 0, data, ...(step ? { step } : {}) } as unknown as ExecutionEvent);
    return this;
  }

  warn(id: string, text: string, code: string | undefined = 'rate_limited', level = 'warn'): this {
    return this.add('message', id, { level, code, text });
  }

  at(length: number, ...active: string[]): string | undefined {
    return this.holds.at(length, active)?.text;
  }
}

describe('what holds a step up', () => {
  it('is its latest warning with a code, until it goes on, at each moment of the log', () => {
    const log = new Log().add('workflow_started').add('step_started', 'a').warn('a', 'one').warn('a', 'two', 'concurrency_limited').add('step_output', 'a').warn('a', 'three', 'x', 'error').add('step_completed', 'a');
    expect([1, 2, 3, 4, 5, 6, 7].map((length) => log.at(length, 'a'))).toEqual([undefined, undefined, 'one', 'two', undefined, 'three', undefined]);
    expect(log.holds.at(4, ['a'])).toMatchObject({ stepId: 'a', code: 'concurrency_limited', startSeq: 4, endSeq: 5 });
  });

  it('is none of what is only told, has no code, is of no step, or of one that is not active', () => {
    const log = new Log().add('step_started', 'a').warn('a', 'told', 'cache_hit', 'info').add('message', 'a', { level: 'warn', text: 'no code' }).add('message', undefined, { level: 'warn', code: 'c', text: 'of no step' }).warn('a', 'late');
    expect(log.at(3, 'a')).toBeUndefined();
    expect(log.at(4, 'b')).toBeUndefined();
    expect(log.at(4, 'a')).toBeUndefined();
    expect(log.at(5, 'a')).toBe('late');
    expect(log.at(5)).toBeUndefined();
  });

  it('is of each branch its own: when the latest goes on, the one before is told again', () => {
    const log = new Log().warn('p/a', 'of a').warn('p/b', 'of b').add('iteration_started', 'p').add('step_output', 'p/b');
    expect([2, 3, 4].map((length) => log.at(length, 'p', 'p/a', 'p/b'))).toEqual(['of b', 'of b', 'of a']);
  });

  it.each<[keyof EventData, string | undefined]>([['step_retrying', 'r'], ['step_failed', 'r'], ['workflow_resumed', undefined], ['workflow_cancelled', undefined]])('is over by %s of what is around it', (type, id) => {
    const log = new Log().warn('r/a', 'held').add(type, id);
    expect([log.at(1, 'r/a'), log.at(2, 'r/a')]).toEqual(['held', undefined]);
  });
});
