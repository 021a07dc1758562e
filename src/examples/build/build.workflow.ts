/**
 * `build`: five personas of a language model make something together, one after the other, each streamed token by token:
 * Architect → Coder → Reviewer → Refiner → Documenter. The reviewer writes a review, which is read as it comes, and then puts
 * it into a verdict (structured output), which drives a loop: what is not approved is refined and reviewed again, until it is approved or `maxRounds`
 * refinements were made. What is open then is told in the result; nothing is approved by being tired of it.
 *
 * The tree is plain data, so it goes on after a crash from what is stored: a round that has ended is not played again.
 */
import { type Step } from '../../contract/definition.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { type WorkflowPlan } from '../../contract/plan.js';
import { LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { ShippedWorkflow, type WorkflowProvider } from '../../orchestration/decorators.js';
import { agent, conditional, iteration, sequential } from '../../orchestration/definition/builder.js';
import { costOfAll, tokensOf } from '../team/estimate.js';
import { ask, stageOf } from '../team/persona.js';
import { ARCHITECT, CODER, DECIDER, DOCUMENTER, REFINER, REVIEW_TOKENS, REVIEWER } from './build.personas.js';
import { type BuildInput } from './build.types.js';
import { MAX_ROUNDS } from './agents/settings.agent.js';

const INPUT_SCHEMA: JsonValue = {
  type: 'object',
  required: ['task'],
  additionalProperties: false,
  properties: {
    task: { type: 'string', minLength: 1, maxLength: 20_000, pattern: '\\S', description: 'What is to be built.' },
    language: { type: 'string', minLength: 1, maxLength: 100, pattern: '\\S', description: 'The programming language; without it one is chosen that suits the task.' },
    model: { type: 'string', minLength: 1, maxLength: 200, description: 'provider/model of all personas; default LLM_MODEL.' },
    maxRounds: { type: 'integer', minimum: 1, maximum: MAX_ROUNDS.most, default: MAX_ROUNDS.default, description: 'How often the code may be refined.' },
  },
};

/** All members are required, as some providers insist on it. */
const VERDICT: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['approved', 'issues'],
  properties: {
    approved: { type: 'boolean', description: 'Whether the code can be shipped as it is.' },
    issues: { type: 'array', items: { type: 'string' }, description: 'What must change before it can be; empty where it is approved.' },
  },
};

const TASK = 'Task: {{steps.settings.output.task}}\nLanguage: {{steps.settings.output.language}}';
const DESIGN = '<design>\n{{steps.architect.output}}\n</design>';
const CODE = '<code>\n{{steps.rework.output}}\n</code>';

@ShippedWorkflow({ name: 'build', description: 'Architect, Coder, Reviewer, Refiner and Documenter build something together, with a language model', input: INPUT_SCHEMA })
export class Build implements WorkflowProvider {
  constructor(private readonly models: ModelRegistry, private readonly options: LlmOptions) {}

  define(): Step {
    return sequential(
      'build',
      agent('settings', 'build.settings'),
      ask(ARCHITECT, 'design', `Design a solution.\n\n${TASK}`),
      ask(CODER, 'coding', `Write the code for this design.\n\n${TASK}\n\n${DESIGN}`),
      agent('draft', 'echo', { input: { round: 0, code: '{{steps.coder.output}}', list: '', history: 'This is the first review.', reviews: [] } }),
      iteration(
        'rounds',
        // A review of the draft, and one after each refinement.
        { maxIterations: 1 + MAX_ROUNDS.most, until: 'steps.verdict.output.done' },
        sequential(
          'round',
          // What the draft, or the round before, has come to: by a name that the steps of this round can point to.
          agent('work', 'echo'),
          conditional('rework', {
            when: 'steps.work.output.round > 0',
            then: ask(REFINER, 'refinement', `Work the review into the code.\n\n${TASK}\n\n${DESIGN}\n\n<code>\n{{steps.work.output.code}}\n</code>\n\n<review>\n{{steps.work.output.list}}\n</review>`),
            else: agent('as_drafted', 'echo', { input: '{{steps.work.output.code}}' }),
          }),
          ask(REVIEWER, 'review', `Review the code.\n\n${TASK}\n\n${DESIGN}\n\n${CODE}\n\n{{steps.work.output.history}}`),
          ask(DECIDER, 'decision', `Put this review into a verdict.\n\n${TASK}\n\n{{steps.work.output.history}}\n\n<review>\n{{steps.reviewer.output}}\n</review>`, VERDICT),
          agent('verdict', 'build.verdict', {
            input: { work: '{{steps.work.output}}', code: '{{steps.rework.output}}', review: '{{steps.decider.output}}', maxRounds: '{{steps.settings.output.maxRounds}}' },
          }),
        ),
      ),
      ask(DOCUMENTER, 'documentation', `Write the documentation.\n\n${TASK}\n\n${DESIGN}\n\n<code>\n{{steps.verdict.output.code}}\n</code>\n\nIssues that are left open: {{steps.verdict.output.list}}`),
      agent('result', 'echo', {
        input: {
          design: '{{steps.architect.output}}',
          code: '{{steps.verdict.output.code}}',
          review: { approved: '{{steps.verdict.output.approved}}', issues: '{{steps.verdict.output.issues}}', rounds: '{{steps.verdict.output.reviews}}' },
          documentation: '{{steps.documenter.output}}',
        },
      }),
    );
  }

  /** With one refinement, which is what most tasks take. */
  plan(input: JsonValue): WorkflowPlan {
    const { task, model = this.options.defaultModel } = input as unknown as BuildInput;
    const stages = [ARCHITECT, CODER, { ...REVIEWER, tokens: REVIEW_TOKENS }, REFINER, DOCUMENTER].map((persona) => stageOf(persona, tokensOf(task), model, this.models));
    const again = stages.filter(({ step }) => step === REVIEWER.step);
    const calls = [...stages, ...again];
    const plan: WorkflowPlan = { stages, estimatedMs: calls.reduce((sum, { estimatedMs = 0 }) => sum + estimatedMs, 0) };
    const cost = costOfAll(calls);
    if (cost !== undefined) plan.estimatedCostUsd = cost;
    return plan;
  }
}
