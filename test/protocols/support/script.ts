/** Logs written by hand, for what a mapping makes of one event after another. */
import { type StepType } from '../../../src/contract/definition.js';
import { type EventData, type EventType, type ExecutionEvent, type StepInfo } from '../../../src/contract/events.js';
import { type ExecutionState, initialState } from '../../../src/contract/state.js';

export const ID = 'e1';

export class Script {
  readonly events: ExecutionEvent[] = [];
  private readonly attempts = new Map<string, number>();

  state(): ExecutionState {
    return initialState({ id: ID, workflow: 'w', createdAt: '2026-11-20T08:00:00.000Z' });
  }

  add<T extends EventType>(type: T, data: EventData[T], step?: StepInfo): this {
    const seq = this.events.length + 1;
    this.events.push({ seq, type, executionId: ID, workflow: 'w', timestamp: '2026-11-20T08:00:00.000Z', progress: 0, data, ...(step ? { step } : {}) } as unknown as ExecutionEvent);
    return this;
  }

  started(): this {
    return this.add('workflow_started', { input: null });
  }

  start(id: string, type: StepType = 'agent', more: Partial<StepInfo> = {}): this {
    this.attempts.set(id, (this.attempts.get(id) ?? 0) + 1);
    return this.add('step_started', {}, this.info(id, type, more));
  }

  text(id: string, delta: string, kind: 'text' | 'reasoning' = 'text'): this {
    return this.add('step_output', { delta, kind, offset: 0 }, this.info(id));
  }

  call(id: string, callId: string): this {
    return this.add('tool_call', { callId, tool: 'look', input: { q: 1 } }, this.info(id));
  }

  result(id: string, callId: string, output: EventData['tool_result']['output'] = 'found'): this {
    return this.add('tool_result', { callId, output, durationMs: 1 }, this.info(id));
  }

  complete(id: string, output: EventData['step_completed']['output'] = null, type: StepType = 'agent'): this {
    return this.add('step_completed', { output }, this.info(id, type));
  }

  retry(id: string, type: StepType = 'agent'): this {
    return this.add('step_retrying', { attempt: 1, maxAttempts: 2, delayMs: 0, error: { code: 'agent_failed', message: 'it fails' } }, this.info(id, type));
  }

  info(id: string, type: StepType = 'agent', more: Partial<StepInfo> = {}): StepInfo {
    return { id, name: id.split('/').at(-1) as string, type, index: 0, total: 1, attempt: this.attempts.get(id) ?? 1, iteration: 0, status: 'running', ...more };
  }
}
