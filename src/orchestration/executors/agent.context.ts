import { type AgentStep } from '../../contract/definition.js';
import { type Usage } from '../../contract/events.js';
import { type JsonValue, toJson } from '../../contract/json.js';
import { type AgentContext } from '../agent.js';
import { type CancelScope } from '../run/cancellation.js';
import { type StepScope } from '../run/step.scope.js';
import { AgentVoice, type EventSink } from './agent.voice.js';

/**
 * What the agent of one attempt works with. After the attempt has ended it takes nothing more: an agent that ignores its
 * signal can still call it, to no effect. What most agents do not use is made when it is asked for: there may be as many
 * of these as there are executions that wait.
 */
export class LiveAgentContext implements AgentContext {
  closed = false;
  readonly input: JsonValue;
  private readonly cancel: CancelScope;
  private madeVoice: AgentVoice | undefined;
  private closing: (() => void) | undefined;

  constructor(private readonly scope: StepScope<AgentStep>, private readonly events: EventSink) {
    // A copy: agents may change what they are given, and it may be another step's output.
    this.input = toJson(scope.input);
    this.cancel = scope.cancel;
  }

  get user(): string { return this.scope.run.user; }
  get executionId(): string { return this.scope.run.executionId; }
  get workflow(): string { return this.scope.run.workflow; }
  get sessionId(): string | null { return this.scope.run.sessionId; }
  get stepId(): string { return this.scope.id; }
  get attempt(): number { return this.scope.attempt; }
  get iteration(): number { return this.scope.place.iteration; }
  get idempotencyKey(): string { return `${this.executionId}/${this.stepId}`; }
  get traceparent(): string | undefined { return this.scope.run.trace?.traceparentOf(this.scope.id); }
  get signal(): AbortSignal { return this.cancel.signal; }
  get results(): Readonly<Record<string, JsonValue>> { return this.scope.run.recall.results; }

  get progress(): AgentContext['progress'] { return this.voice.progress; }
  get text(): AgentContext['text'] { return this.voice.text; }
  get reasoning(): AgentContext['reasoning'] { return this.voice.reasoning; }
  get data(): AgentContext['data'] { return this.voice.data; }
  get log(): AgentContext['log'] { return this.voice.log; }
  get toolInput(): AgentContext['toolInput'] { return this.voice.toolInput; }
  get toolCall(): AgentContext['toolCall'] { return this.voice.toolCall; }
  get toolResult(): AgentContext['toolResult'] { return this.voice.toolResult; }
  get usage(): AgentContext['usage'] { return this.voice.usage; }

  get used(): Usage | undefined { return this.madeVoice?.used; }
  /** All text of the attempt: the output of an agent that returns nothing. */
  get streamedText(): string | undefined { return this.madeVoice?.streamedText; }

  /** The attempt has ended, by itself or by a halt: what the agent has said before is said. */
  end(): void {
    this.madeVoice?.flush();
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.madeVoice?.close();
    this.closing?.();
  }

  /** Calls `listener`, of which there is one, when the attempt ends; at once where it has. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.closing = listener;
  }

  private get voice(): AgentVoice {
    return (this.madeVoice ??= new AgentVoice(this.scope, this.events, this.closed));
  }
}
