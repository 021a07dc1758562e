/** What every log must be, wherever and however it was read. */
import { expect } from '@jest/globals';
import { type EventType, type ExecutionEvent, isWithin, TERMINAL_TYPES } from '../../src/contract/events.js';
import { eventOf, type Frame, isEvent } from './sse.js';

/**
 * A whole log from event `from` on: numbered without gap or double, of one execution, in order of time, with the
 * progress that P7 promises, and with one terminal event, which is the last.
 */
export function assertWhole(events: readonly ExecutionEvent[], from = 1): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => from + i));
  if (from === 1) expect(events[0]?.type).toBe('workflow_started');
  expect(new Set(events.map(({ executionId, workflow }) => `${executionId} ${workflow}`)).size).toBe(1);
  const times = events.map(({ timestamp }) => timestamp);
  expect(times.map((time) => new Date(time).toISOString())).toEqual(times);
  expect(times.toSorted()).toEqual(times);
  assertProgress(events);
  const ends = events.filter(({ type }) => TERMINAL_TYPES.has(type));
  expect(ends.map(({ type }) => type)).toEqual([events.at(-1)?.type]);
}

/** Of several executions, each one's log whole, and nothing else. */
export function assertEachWhole(events: readonly ExecutionEvent[], ids: readonly string[]): void {
  const logs = Map.groupBy(events, ({ executionId }) => executionId);
  expect([...logs.keys()].toSorted()).toEqual(ids.toSorted());
  for (const log of logs.values()) assertWhole(log);
}

/** A whole log in frames, which must be well-formed and carry their event's number and name. */
export function assertWholeFrames(frames: readonly Frame[], from = 1): void {
  const own = frames.filter(isEvent);
  for (const frame of own) {
    const { seq, type } = eventOf(frame);
    // The order and number of lines are part of it: `event`, `id`, one `data`, and no carriage return.
    expect(frame.raw).toBe(`event: ${type}\nid: ${seq}\ndata: ${frame.data}`);
    expect(frame.raw).not.toContain('\r');
  }
  assertWhole(own.map(eventOf), from);
}

/** P7: within 0..1, never falling, and 1 exactly on `workflow_completed`. */
export function assertProgress(events: readonly ExecutionEvent[]): void {
  const shown = events.map(({ progress }) => progress);
  expect(shown.every((progress) => progress >= 0 && progress <= 1)).toBe(true);
  expect(shown.toSorted((a, b) => a - b)).toEqual(shown);
  for (const { type, progress } of events) expect([type, progress === 1]).toEqual([type, type === 'workflow_completed']);
}

/** The events of a type, and of a step where one is named. */
export function of<T extends EventType>(events: readonly ExecutionEvent[], type: T, stepId?: string): Extract<ExecutionEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ExecutionEvent, { type: T }> => event.type === type && (stepId === undefined || event.step?.id === stepId));
}

/** Types of the events, each with its step: a log in short. */
export function outline(events: readonly ExecutionEvent[]): string[] {
  return events.map(({ type, step }) => (step ? `${type} ${step.id}` : type));
}

/**
 * The text of a step as P11 says that a reader builds it: what `step_retrying` or `workflow_resumed` voids is dropped,
 * the rest is appended. Fails where an `offset` is not where the text stands.
 */
export function textOf(events: readonly ExecutionEvent[], stepId: string): string {
  let text = '';
  let completed = false;
  for (const event of events) {
    if (event.type === 'workflow_resumed' && !completed) text = '';
    if (event.type === 'step_retrying' && isWithin(stepId, event.step.id)) {
      text = '';
      completed = false;
    }
    if (event.step?.id !== stepId) continue;
    if (event.type === 'step_started') expect(text).toBe('');
    if (event.type === 'step_completed') completed = true;
    if (event.type === 'step_output' && event.data.kind === 'text') {
      expect(event.data.offset).toBe(text.length);
      text += event.data.delta;
    }
  }
  return text;
}
