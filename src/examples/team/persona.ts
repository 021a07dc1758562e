/** A role that a language model plays in a workflow: who it is, what it does, and what that takes. */
import { type RetryStep } from '../../contract/definition.js';
import { type JsonObject } from '../../contract/json.js';
import { type PlannedStage } from '../../contract/plan.js';
import { agent, retry } from '../../orchestration/definition/builder.js';
import { type ModelRegistry } from '../../llm/models.registry.js';
import { callEstimate, type Tokens } from './estimate.js';

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
  tokens: Tokens;
}

/**
 * The retry around a call of a model. Providers are over their limits or out of reach at times, and models do not always keep
 * to a schema: both often pass with another attempt. What says of itself that it does not is not tried again.
 */
export const MODEL_RETRY = { maxAttempts: 3, backoff: { delayMs: 1000, maxDelayMs: 30_000 } } as const;

/** The `settings` step, which comes first in a workflow of personas, gives the model. */
const MODEL = '{{steps.settings.output.model}}';

/** A step in which a persona answers; `attempts` names the retry around it. */
export function ask({ step, stage, system }: Persona, attempts: string, prompt: string, schema?: JsonObject): RetryStep {
  const input = { model: MODEL, system, prompt, ...(schema ? { schema } : {}) };
  return retry(attempts, MODEL_RETRY, agent(step, 'llm', { input, description: stage }));
}

/** What a call of the persona is expected to take; the cost where the model has a price. @param extra Tokens of the input that are known to come. */
export function stageOf({ step, stage, persona, tokens }: Persona, extra: number, model: string | undefined, models: Pick<ModelRegistry, 'costOf'>): PlannedStage {
  return { step, stage, persona, ...callEstimate({ input: tokens.input + extra, output: tokens.output }, model, models) };
}
