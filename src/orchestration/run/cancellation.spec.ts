import { describe, expect, it, jest } from '@jest/globals';
import { CancelScope, type Halt } from './cancellation.js';

/** A scope that notes in `told` when it is told. */
function scope(name: string, told: string[], parent?: CancelScope): CancelScope {
  const made = new CancelScope(parent);
  made.signal.addEventListener('abort', () => told.push(`${name} aborts`));
  made.onHalt(() => told.push(name));
  return made;
}

describe('cancelling a scope', () => {
  it('halts all below it and nothing around or beside it', () => {
    const root = new CancelScope();
    const [a, b] = [new CancelScope(root), new CancelScope(root)];
    const below = new CancelScope(new CancelScope(a));
    a.cancel('step_timeout', 'too late');
    for (const halted of [a, below]) expect(halted.halt).toMatchObject({ name: 'AbortError', code: 'step_timeout', message: 'too late', origin: a });
    for (const untouched of [root, b]) expect(untouched.halt).toBeUndefined();
  });

  it('tells each once: its signal, then what is below, then those that wait for it', () => {
    const told: string[] = [];
    const root = scope('root', told);
    const a = scope('a', told, root);
    scope('a1', told, a);
    scope('b', told, root);
    root.cancel('cancelled', 'x');
    root.cancel('cancelled', 'again');
    a.cancel('step_timeout', 'late');
    expect(told).toEqual(['root aborts', 'a aborts', 'a1 aborts', 'a1', 'a', 'b aborts', 'b', 'root']);
    expect(a.halt?.message).toBe('x');
  });

  it('marks all before it tells anyone: who is told first finds the others halted', () => {
    const root = new CancelScope();
    const [first, last] = [new CancelScope(root), new CancelScope(root)];
    let seen: Halt | undefined;
    first.onHalt(() => (seen = last.halt));
    root.cancel('shutdown', 'x');
    expect(seen).toBe(root.halt);
  });

  it('gives the signal its reason', () => {
    const root = new CancelScope();
    const { signal } = root;
    root.cancel('cancelled', 'enough');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(root.halt);
    expect(() => signal.throwIfAborted()).toThrow('enough');
  });

  it('reaches what comes late: a scope, a listener and a signal made after it, or by those it tells', () => {
    const root = new CancelScope();
    const late: (Halt | undefined)[] = [];
    root.onHalt(() => {
      const child = new CancelScope(root);
      late.push(child.halt);
      child.onHalt((halt) => late.push(halt));
      late.push(child.signal.reason as Halt);
    });
    root.cancel('cancelled', 'x');
    const after = jest.fn();
    new CancelScope(root).onHalt(after)();
    expect(late).toEqual([root.halt, root.halt, root.halt]);
    expect(after).toHaveBeenCalledWith(root.halt);
  });

  it('may be asked for again by those it tells: it goes on as it was', () => {
    const root = new CancelScope();
    const [a, b] = [new CancelScope(root), new CancelScope(root)];
    const told = jest.fn();
    a.onHalt(() => {
      root.cancel('shutdown', 'again');
      b.cancel('step_timeout', 'again');
    });
    b.onHalt(told);
    root.cancel('cancelled', 'first');
    expect(told.mock.calls).toEqual([[expect.objectContaining({ code: 'cancelled', message: 'first' })]]);
  });

  it('does not tell who has stopped waiting, even where that was by another who was told', () => {
    const root = new CancelScope();
    const [a, b] = [new CancelScope(root), new CancelScope(root)];
    const [stopped, closed, never] = [jest.fn(), jest.fn(), jest.fn()];
    root.onHalt(never)();
    const stop = root.onHalt(() => stop2());
    const stop2 = root.onHalt(stopped);
    a.onHalt(() => b.close());
    b.onHalt(closed);
    root.cancel('cancelled', 'x');
    stop();
    for (const silent of [stopped, closed, never]) expect(silent).not.toHaveBeenCalled();
    expect(b.signal.aborted).toBe(true);
  });

  it('does not reach a scope that was closed before: its step has ended', () => {
    const root = new CancelScope();
    const child = new CancelScope(root);
    const { signal } = child;
    child.close();
    root.cancel('cancelled', 'x');
    expect([child.halt, signal.aborted]).toEqual([undefined, false]);
  });

  it('leaves nothing behind of scopes that were closed', () => {
    const root = new CancelScope();
    for (let i = 0; i < 1000; i++) new CancelScope(root).close();
    expect((root as unknown as { children: Set<unknown> }).children.size).toBe(0);
  });
});
