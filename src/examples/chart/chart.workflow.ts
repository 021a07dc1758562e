/**
 * `chart`: a question about 10,000 wildlife strikes of aircraft becomes SQL, rows and a chart. With a language model it
 * plans and writes the SQL; without one a grammar of common questions does. A model that is out of reach for a moment is
 * asked again (`ask`); what would fail the same way again, such as a question that nobody understands, is not.
 */
import { type Step } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type PlannedStage, type WorkflowPlan } from '../../contract/plan.js';
import { ShippedWorkflow, type WorkflowProvider } from '../../orchestration/decorators.js';
import { agent, retry, sequential } from '../../orchestration/definition/builder.js';
import { MODEL_RETRY } from '../team/persona.js';
import { QUESTION_LIMIT } from './chart.agent.js';
import { CHART_STATES } from './chart.operation.js';
import { type ChartInput } from './chart.types.js';
import { ModelPlanner } from './model/model.planner.js';

const INPUT_SCHEMA: JsonValue = {
  type: 'object',
  required: ['question'],
  additionalProperties: false,
  properties: {
    question: {
      type: 'string', minLength: 1, maxLength: QUESTION_LIMIT, pattern: '\\S',
      description: 'Such as "top 10 airports by cost", "strikes per month in Texas" or "share of strikes by size".',
      examples: ['top 10 species by cost', 'strikes per month in Texas since 1998', 'average speed by phase of flight'],
    },
    model: { type: 'string', description: 'provider/model that plans and writes the SQL; default the configured one, and without one a grammar of common questions.' },
  },
};

/** The start of the process that runs the query is most of it. */
const QUERY_ESTIMATE_MS = 150;

@ShippedWorkflow({ name: 'chart', description: 'Answers a question about wildlife strikes of aircraft with rows and a Vega-Lite chart', input: INPUT_SCHEMA })
export class Chart implements WorkflowProvider {
  constructor(private readonly planner: ModelPlanner) {}

  define(): Step {
    return sequential('chart', retry('ask', MODEL_RETRY, agent('answer', 'chart.answer')));
  }

  /** With one query, which is what most questions take. What is not estimated takes a few milliseconds. */
  plan(input: JsonValue): WorkflowPlan {
    const { question, model } = input as unknown as ChartInput;
    const { estimatedMs: planningMs = 0, ...cost } = this.planner.estimate(question, model);
    const known: Record<string, Partial<PlannedStage>> = { generating_query: { estimatedMs: planningMs, ...cost }, executing_query: { estimatedMs: QUERY_ESTIMATE_MS } };
    return {
      stages: Object.keys(CHART_STATES).map((stage) => ({ step: 'answer', stage, ...known[stage] })),
      estimatedMs: planningMs + QUERY_ESTIMATE_MS, ...cost,
    };
  }
}
