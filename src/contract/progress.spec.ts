import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Step } from './definition.js';
import { type EventData, type EventDraft, type EventType } from './events.js';
import { ProgressMeter } from './progress.js';

const leaf = (name: string): Step => ({ type: 'agent', name, agent: 'x' });
const sequential = (name: string, ...steps: Step[]): Step => ({ type: 'sequential', name, steps });

function meterOf(...steps: Step[]) {
  const meter = new ProgressMeter(steps);
  return {
    meter,
    /** Takes an event of a step in; answers what is shown with it. */
    after<T extends EventType>(type: T, name?: string, data = {} as EventData[T]): number {
      return meter.apply({ type, data, ...(name === undefined ? {} : { step: { id: name, name } }) } as unknown as EventDraft);
    },
  };
}

describe('progress over the whole workflow (P7)', () => {
  it('gives every step an equal share of what is around it', () => {
    const { after } = meterOf(sequential('S', leaf('a'), leaf('b')), leaf('c'));
    expect(after('workflow_started')).toBe(0);
    expect(after('step_started', 'S')).toBe(0);
    expect(after('step_completed', 'a')).toBe(0.25);
    expect(after('step_completed', 'b')).toBe(0.5);
    expect(after('step_completed', 'S')).toBe(0.5);
    expect(after('step_completed', 'c')).toBe(0.9999);
    expect(after('workflow_completed')).toBe(1);
  });

  it('shows what the shares come to, although their sum in floating point is a little less', () => {
    const { after } = meterOf(...'abcdefghij'.split('').map(leaf));
    expect('abcdefghi'.split('').map((name) => after('step_completed', name))).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  });

  it('counts what a step tells of its own', () => {
    const { after } = meterOf(leaf('a'), leaf('b'));
    expect(after('step_progress', 'a', { progress: 0.5 })).toBe(0.25);
  });

  it('never falls: not when a step starts again, nor when it tells less than before', () => {
    const { after } = meterOf(leaf('a'), leaf('b'));
    expect(after('step_progress', 'a', { progress: 0.8 })).toBe(0.4);
    expect(after('step_progress', 'a', { progress: 0.2 })).toBe(0.4);
    expect(after('step_retrying', 'a')).toBe(0.4);
    expect(after('step_started', 'a')).toBe(0.4);
    expect(after('step_progress', 'a', { progress: 0.9 })).toBe(0.45);
  });

  it('is not doubled by what a failed attempt had done', () => {
    const retried: Step = { type: 'retry', name: 'R', maxAttempts: 2, step: sequential('S', leaf('a'), leaf('b')) };
    const { after } = meterOf(retried, leaf('c'));
    expect(after('step_completed', 'a')).toBe(0.25);
    after('step_retrying', 'S');
    after('step_started', 'S');
    expect(after('step_completed', 'a')).toBe(0.25);
    expect(after('step_completed', 'b')).toBe(0.5);
  });

  it('shares a loop among maxIterations, and takes the rest at once where it ends early', () => {
    const { after } = meterOf({ type: 'iteration', name: 'I', maxIterations: 4, step: sequential('S', leaf('a'), leaf('b')) });
    after('iteration_started', 'I', { iteration: 1, maxIterations: 4 });
    expect(after('step_completed', 'a')).toBe(0.125);
    expect(after('step_completed', 'S')).toBe(0.25);
    expect(after('iteration_started', 'I', { iteration: 2, maxIterations: 4 })).toBe(0.25);
    expect(after('step_completed', 'a')).toBe(0.375);
    expect(after('step_completed', 'S')).toBe(0.5);
    expect(after('step_completed', 'I')).toBe(0.9999);
  });

  it('leaves the share of a branch not taken to the other', () => {
    const { after } = meterOf({ type: 'conditional', name: 'C', when: 'true', then: leaf('yes'), else: leaf('no') }, leaf('z'));
    expect(after('step_skipped', 'no')).toBe(0);
    expect(after('step_progress', 'yes', { progress: 0.5 })).toBe(0.25);
    expect(after('step_completed', 'yes')).toBe(0.5);
  });

  it('may take the other branch in the next round of a loop', () => {
    const { after } = meterOf({ type: 'iteration', name: 'I', maxIterations: 2, step: { type: 'conditional', name: 'C', when: 'true', then: leaf('yes'), else: leaf('no') } });
    after('iteration_started', 'I', { iteration: 1, maxIterations: 2 });
    after('step_skipped', 'no');
    expect(after('step_completed', 'yes')).toBe(0.5);
    after('iteration_started', 'I', { iteration: 2, maxIterations: 2 });
    after('step_skipped', 'yes');
    expect(after('step_progress', 'no', { progress: 0.5 })).toBe(0.75);
  });

  it('does not take a failure for progress, save where the workflow goes on without the branch', () => {
    const failing = meterOf(sequential('S', leaf('a'), leaf('b')), leaf('c'));
    expect(failing.after('step_failed', 'a')).toBe(0);
    const going = meterOf({ type: 'parallel', name: 'P', onError: 'continue', steps: [sequential('S', leaf('a')), leaf('b')] });
    expect(going.after('step_failed', 'a')).toBe(0);
    expect(going.after('step_failed', 'S')).toBe(0.5);
    const stopping = meterOf({ type: 'parallel', name: 'P', steps: [leaf('a'), leaf('b')] });
    expect(stopping.after('step_failed', 'a')).toBe(0);
  });

  it('shows no less than was shown before a crash', () => {
    const { meter, after } = meterOf(leaf('a'), leaf('b'));
    meter.raiseTo(0.7);
    meter.raiseTo(0.3);
    expect(after('step_completed', 'a')).toBe(0.7);
  });

  it('does not mind steps it does not know, or events of none', () => {
    const { after } = meterOf(leaf('a'));
    expect(after('step_completed', 'gone')).toBe(0);
    expect(after('message')).toBe(0);
  });

  it('is within 0..1, never falls, and is 1 on workflow_completed alone, whatever the events', () => {
    const steps = [
      sequential('S', leaf('a'), { type: 'iteration', name: 'I', maxIterations: 3, step: leaf('b') }),
      { type: 'parallel', name: 'P', onError: 'continue', steps: [leaf('c'), { type: 'retry', name: 'R', maxAttempts: 3, step: leaf('d') }] },
      { type: 'conditional', name: 'C', when: 'true', then: leaf('e'), else: leaf('f') },
    ] satisfies Step[];
    const types: EventType[] = ['step_started', 'step_progress', 'step_completed', 'step_failed', 'step_retrying', 'step_skipped', 'iteration_started', 'workflow_resumed'];
    const event = fc.record({
      type: fc.constantFrom(...types), name: fc.constantFrom('S', 'a', 'I', 'b', 'P', 'c', 'R', 'd', 'C', 'e', 'f'), progress: fc.double({ min: 0, max: 1, noNaN: true }), iteration: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { after } = meterOf(...steps);
      let shown = 0;
      for (const { type, name, ...data } of events) {
        const next = after(type, name, { ...data, maxIterations: 3 });
        expect(next).toBeGreaterThanOrEqual(shown);
        expect(next).toBeLessThan(1);
        shown = next;
      }
      expect(after('workflow_completed')).toBe(1);
    }));
  });
});
