import { describe, expect, it } from '@jest/globals';
import { Chalk } from 'chalk';
import { type EventData, type EventType, type ExecutionEvent } from '../../contract/events.js';
import { lineOf } from './event.line.js';

const color = new Chalk({ level: 0 });

function line<T extends EventType>(type: T, data: EventData[T], step: object | null = {}): string | undefined {
  const at = step && { id: 'g/a', name: 'a', type: 'agent', attempt: 1, iteration: 0, index: 0, total: 1, status: 'running', durationMs: 1234, ...step };
  return lineOf({ seq: 1, type, executionId: 'e', workflow: 'w', timestamp: '', progress: 0, data, ...(at ? { step: at } : {}) } as unknown as ExecutionEvent, color);
}

const error = { code: 'agent_failed', message: 'no\u001b[31m luck\nat all' } as const;

describe('a line of the log', () => {
  it('tells of the life of the workflow', () => {
    expect(line('workflow_started', { input: null }, null)).toBe('▶ w');
    expect(line('workflow_resumed', { reason: 'crash', fromSeq: 3 }, null)).toBe('↻ goes on after crash; what was cut short starts anew');
    expect(line('workflow_completed', { result: 1 }, null)).toBe('✓ completed');
    expect(line('workflow_failed', { error: { ...error, stepId: 'g/a' } }, null)).toBe('✗ failed: no luck at all (step g/a)');
    expect(line('workflow_cancelled', { reason: 'enough' }, null)).toBe('■ cancelled: enough');
  });

  it('tells of what steps did, and leaves out those that only order others', () => {
    expect(line('step_completed', { output: 1, usage: { totalTokens: 3 } })).toBe('✓ g/a  1.2s, 3 tokens');
    expect(line('step_failed', { error })).toBe('✗ g/a: no luck at all');
    expect(line('step_cancelled', { reason: 'sibling_failed' })).toBe('■ g/a cancelled: sibling_failed');
    expect(line('step_skipped', { reason: 'x' })).toBe('– g/a skipped');
    expect(line('step_retrying', { attempt: 1, maxAttempts: 3, delayMs: 100, error })).toBe('↻ g/a: attempt 1 of 3 failed: no luck at all; again in 100ms');
    expect(line('iteration_started', { iteration: 2, maxIterations: 5 })).toBe('⟳ g/a: round 2 of at most 5');
    for (const type of ['parallel', 'retry'] as const) {
      expect(line('step_completed', { output: 1 }, { type })).toBeUndefined();
      expect(line('step_failed', { error }, { type })).toBeUndefined();
      expect(line('step_cancelled', { reason: 'x' }, { type })).toBeUndefined();
    }
  });

  it('tells of tools, questions and messages', () => {
    expect(line('tool_call', { callId: 'c', tool: 'look', input: { q: 'x'.repeat(200) } })).toMatch(/^⚙ g\/a calls look \{"q":"x+…$/);
    expect(line('tool_result', { callId: 'c', output: 'fine', durationMs: 5 })).toBe('⚙ g/a: fine (5ms)');
    expect(line('tool_result', { callId: 'c', error, durationMs: 5 })).toBe('⚙ g/a: no luck at all');
    expect(line('input_required', { prompt: 'Publish?' })).toBe('? g/a waits for an answer: Publish?');
    expect(line('input_received', { value: true })).toBe('! g/a: true');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(line('message', { level, text: 'hm' })).toBe('· g/a: hm');
    expect(line('message', { level: 'info', text: 'hm' }, null)).toBe('· hm');
  });

  it('is none of what is shown within its step', () => {
    expect(line('step_started', {})).toBeUndefined();
    expect(line('step_output', { kind: 'text', delta: 'x', offset: 0 })).toBeUndefined();
    expect(line('step_progress', { progress: 0.5 })).toBeUndefined();
  });
});
