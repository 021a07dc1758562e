/**
 * The idempotency keys of the calls of tools: the key of the step, the tool, and a hash of the input, so that an attempt
 * that repeats a call gives it the key that it had (P12). A call that failed may have had its effect all the same, so
 * trying it again keeps the key; one that succeeded and is made again in the same attempt is meant twice, and gets
 * another one: the second, the third.
 */
import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../../contract/json.js';
import { type AgentContext } from '../../orchestration/agent.js';

/** A call's key; where the call fails, the next one with the same tool and input is given it again. */
export interface CallKey {
  readonly key: string;
  release(): void;
}

export class CallKeys {
  /** By attempt of a step: the ordinals in use, by key of the first. */
  private readonly attempts = new WeakMap<object, Map<string, Set<number>>>();

  take(ctx: Pick<AgentContext, 'idempotencyKey'>, tool: string, input: JsonValue): CallKey {
    const hash = createHash('sha256').update(canonicalJson(input)).digest('hex').slice(0, 32);
    const key = `${ctx.idempotencyKey}/${tool}/${hash}`;
    const used = this.usedBy(ctx, key);
    let ordinal = 1;
    while (used.has(ordinal)) ordinal++;
    used.add(ordinal);
    return { key: ordinal === 1 ? key : `${key}/${ordinal}`, release: () => used.delete(ordinal) };
  }

  private usedBy(ctx: object, key: string): Set<number> {
    const keys = this.attempts.get(ctx) ?? new Map<string, Set<number>>();
    this.attempts.set(ctx, keys);
    const used = keys.get(key) ?? new Set<number>();
    keys.set(key, used);
    return used;
  }
}
