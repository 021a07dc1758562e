/**
 * `research`: a planner parts a question into topics, researchers look into them side by side, and the findings lead to the
 * next round of topics, until `depth` rounds were made or nothing is left to ask. An editor writes the synthesis, and every
 * finding in it says which step of this execution it comes from.
 *
 * A tree is fixed and `breadth` is not: there is a branch for each topic there may be, and those without a topic are not
 * taken, which the stream tells as `step_skipped`. A branch that fails does not end the others (`onError: continue`).
 */
import { type ConditionalStep, type Step } from '../../contract/definition.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { type PlannedStage, type WorkflowPlan } from '../../contract/plan.js';
import { LlmOptions } from '../../llm/llm.options.js';
import { ModelRegistry } from '../../llm/models.registry.js';
import { ShippedWorkflow, type WorkflowProvider } from '../../orchestration/decorators.js';
import { agent, conditional, iteration, parallel, sequential } from '../../orchestration/definition/builder.js';
import { costOfAll, tokensOf } from '../team/estimate.js';
import { ask, stageOf } from '../team/persona.js';
import { BREADTH, DEPTH } from './agents/settings.agent.js';
import { EDITOR, PLANNER, researcher } from './research.personas.js';
import { type ResearchInput } from './research.types.js';

const INPUT_SCHEMA: JsonValue = {
  type: 'object',
  required: ['question'],
  additionalProperties: false,
  properties: {
    question: { type: 'string', minLength: 1, maxLength: 5000, pattern: '\\S', description: 'What is to be found out.' },
    breadth: { type: 'integer', minimum: 1, maximum: BREADTH.most, default: BREADTH.default, description: 'How many topics are researched side by side in a round.' },
    depth: { type: 'integer', minimum: 1, maximum: DEPTH.most, default: DEPTH.default, description: 'How many rounds there are at most; each builds on the findings of those before.' },
    model: { type: 'string', minLength: 1, maxLength: 200, description: 'provider/model of all personas; default LLM_MODEL.' },
  },
};

/** All members are required, as some providers insist on it; how many topics there may be is in the prompt, and seen to afterwards. */
const TOPICS: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['topics'],
  properties: {
    topics: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['title', 'question', 'why'],
        properties: {
          title: { type: 'string', description: 'A few words.' },
          question: { type: 'string', description: 'One question that can be understood alone.' },
          why: { type: 'string', description: 'Why the answer helps, in one sentence.' },
        },
      },
    },
  },
};

/** The tokens that a finding adds to the prompts after it. */
const FINDING_TOKENS = 650;

@ShippedWorkflow({ name: 'research', description: 'Plans, researches topics side by side in several rounds and writes a synthesis, with a language model', input: INPUT_SCHEMA })
export class ResearchWorkflow implements WorkflowProvider {
  constructor(private readonly models: ModelRegistry, private readonly options: LlmOptions) {}

  define(): Step {
    return sequential(
      'research',
      agent('settings', 'research.settings'),
      iteration(
        'rounds',
        { maxIterations: DEPTH.most, until: 'steps.collect.output.done' },
        sequential(
          'round',
          // Given what the round before has come to, or, in the first, the settings.
          agent('focus', 'research.focus'),
          ask(PLANNER, 'planning', '{{steps.focus.output.ask}}', TOPICS),
          agent('agenda', 'research.agenda', { input: { research: '{{steps.focus.output}}', topics: '{{steps.planner.output.topics}}' } }),
          parallel('gather', { onError: 'continue' }, ...Array.from({ length: BREADTH.most }, (_, i) => branch(i + 1))),
          agent('collect', 'research.collect', { input: { agenda: '{{steps.agenda.output}}', answers: '{{steps.gather.output}}' } }),
        ),
      ),
      ask(EDITOR, 'synthesis', 'Write the synthesis.\n\nQuestion: {{steps.settings.output.question}}\n\n<findings>\n{{steps.collect.output.notes}}\n</findings>'),
      agent('report', 'research.report', { input: { report: '{{steps.editor.output}}', research: '{{steps.collect.output}}' } }),
    );
  }

  /** With all rounds made; researchers of a round work at the same time. */
  plan(input: JsonValue): WorkflowPlan {
    const { question, breadth = BREADTH.default, depth = DEPTH.default, model = this.options.defaultModel } = input as unknown as ResearchInput;
    const asked = tokensOf(question);
    const stage = (persona: Parameters<typeof stageOf>[0], findings: number): PlannedStage => stageOf(persona, asked + findings * FINDING_TOKENS, model, this.models);
    const researchers = Array.from({ length: breadth }, (_, i) => stage(researcher(i + 1), 0));
    const planners = Array.from({ length: depth }, (_, round) => stage(PLANNER, round * breadth));
    const editor = stage(EDITOR, depth * breadth);
    const inTurn = [...planners, ...Array.from({ length: depth }, () => researchers[0] as PlannedStage), editor];
    const plan: WorkflowPlan = {
      stages: [planners[0] as PlannedStage, ...researchers, editor],
      estimatedMs: inTurn.reduce((sum, { estimatedMs = 0 }) => sum + estimatedMs, 0),
    };
    const cost = costOfAll([...planners, ...Array.from({ length: depth }, () => researchers).flat(), editor]);
    if (cost !== undefined) plan.estimatedCostUsd = cost;
    return plan;
  }
}

/** The branch of topic number `n`, which is not taken where there are fewer topics. */
function branch(n: number): ConditionalStep {
  const topic = `{{steps.agenda.output.topics[${n - 1}]`;
  const prompt = `Research this topic.\n\nTopic: ${topic}.title}}\nQuestion: ${topic}.question}}\nWhy it is asked: ${topic}.why}}\n\nIt is a part of: {{steps.settings.output.question}}`;
  return conditional(`branch_${n}`, { when: `size(steps.agenda.output.topics) >= ${n}`, then: ask(researcher(n), `topic_${n}`, prompt) });
}
