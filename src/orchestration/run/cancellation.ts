/**
 * Cancellation as a tree beside the tree of running steps. Halting a scope halts everything below it, in one go and
 * synchronously: first the scope is marked, so that nothing new starts, then signals abort and leaves end. Lighter than
 * a chain of AbortControllers, of which one is made only for agents that ask for their `signal`.
 */
export type HaltCode = 'cancelled' | 'sibling_failed' | 'step_timeout' | 'workflow_timeout' | 'too_many_events' | 'shutdown';

/** Why a step ended that neither completed nor failed by itself. */
export class Halt extends Error {
  constructor(readonly code: HaltCode, message: string, readonly origin: CancelScope) {
    super(message);
    this.name = 'AbortError';
  }
}

export class CancelScope {
  private children: Set<CancelScope> | undefined;
  /** Leaves have one listener, and a set of its own for each would be most of what a scope takes. */
  private listener: ((halt: Halt) => void) | undefined;
  private others: Set<(halt: Halt) => void> | undefined;
  private controller: AbortController | undefined;
  private halted: Halt | undefined;

  constructor(private readonly parent?: CancelScope) {
    if (!parent) return;
    this.halted = parent.halted;
    if (!this.halted) (parent.children ??= new Set()).add(this);
  }

  /** Set once the scope, or one around it, was halted. */
  get halt(): Halt | undefined {
    return this.halted;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.halted) this.controller.abort(this.halted);
    }
    return this.controller.signal;
  }

  cancel(code: HaltCode, message: string): void {
    this.propagate(new Halt(code, message, this));
  }

  /** Calls `listener` when the scope is halted; answers a function that stops waiting. */
  onHalt(listener: (halt: Halt) => void): () => void {
    if (this.halted) {
      listener(this.halted);
      return () => undefined;
    }
    if (this.listener) (this.others ??= new Set()).add(listener);
    else this.listener = listener;
    return () => {
      if (this.listener === listener) this.listener = undefined;
      else this.others?.delete(listener);
    };
  }

  /** Leaves the tree: its step has ended. */
  close(): void {
    this.parent?.children?.delete(this);
  }

  private propagate(halt: Halt): void {
    if (this.halted) return;
    this.mark(halt);
    this.notify(halt);
  }

  private mark(halt: Halt): void {
    this.halted = halt;
    for (const child of this.children ?? []) child.mark(halt);
  }

  private notify(halt: Halt): void {
    this.controller?.abort(halt);
    // Not over copies: who has left meanwhile is passed by, and nobody joins a scope that is halted.
    for (const child of this.children ?? []) child.notify(halt);
    this.listener?.(halt);
    for (const listener of this.others ?? []) listener(halt);
  }
}
