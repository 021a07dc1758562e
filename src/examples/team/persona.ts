/** A role that a language model plays in a workflow: who it is, what it does, and what that takes. */
import { type RetryStep } from '../../contract/definition.js';
import { type JsonObject } from '../../contract/json.js';
import { type PlannedStage } from '../../contract/plan.js';
import { agent, retry } from '../../orchestration/definition/builder.js';
import { type ModelRegistry } from '../../llm/models.registry.js';

export interface Persona {
  /** Name of the step that it speaks in. */
  step: string;
  /** What people call it. */
  persona: string;
  /** What it does, in a few words. */
  stage: string;
  /** The instructions that make it what it is. */
  system: string;
  /** Tokens of an ordinary call; `input` without what the user has given. */
  tokens: { input: number; output: number };
}

/** How fast models of today answer, roughly. */
const FIRST_TOKEN_MS = 1000;
const TOKENS_PER_SECOND = 60;

/** The `settings` step, which comes first in a workflow of personas, gives the model. */
const MODEL = '{{steps.settings.output.model}}';

/**
 * A step in which a persona answers; `attempts` names the retry around it. Providers are over their limits or out of
 * reach at times, and models do not always keep to a schema: both often pass with another attempt.
 */
export function ask({ step, stage, system }: Persona, attempts: string, prompt: string, schema?: JsonObject): RetryStep {
  const input = { model: MODEL, system, prompt, ...(schema ? { schema } : {}) };
  return retry(attempts, { maxAttempts: 3, backoff: { delayMs: 1000, maxDelayMs: 30_000 } }, agent(step, 'llm', { input, description: stage }));
}

/** What a call of the persona is expected to take; the cost where the model has a price. @param extra Tokens of the input that are known to come. */
export function stageOf({ step, stage, persona, tokens }: Persona, extra: number, model: string | undefined, models: Pick<ModelRegistry, 'costOf'>): PlannedStage {
  const usage = { inputTokens: tokens.input + extra, outputTokens: tokens.output };
  const planned: PlannedStage = { step, stage, persona, estimatedMs: Math.round(FIRST_TOKEN_MS + (tokens.output / TOKENS_PER_SECOND) * 1000) };
  const cost = model === undefined ? undefined : models.costOf(model, usage);
  if (cost !== undefined) planned.estimatedCostUsd = cost;
  return planned;
}

/** The cost of all calls of a plan, where each has one. @param calls Stages, as often as they are expected. */
export function costOfAll(calls: readonly PlannedStage[]): number | undefined {
  let sum = 0;
  for (const { estimatedCostUsd } of calls) {
    if (estimatedCostUsd === undefined) return undefined;
    sum += estimatedCostUsd;
  }
  // Without the noise of binary fractions.
  return Math.round(sum * 1e10) / 1e10;
}

/** Tokens of a text, roughly: enough for a plan. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
