/**
 * `chart`: a question about 10,000 wildlife strikes of aircraft becomes SQL, rows and a chart. With a language model it
 * plans and writes the SQL; without one a grammar of common questions does.
 */
import { type Step } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type WorkflowPlan } from '../../contract/plan.js';
import { ShippedWorkflow, type WorkflowProvider } from '../../orchestration/decorators.js';
import { agent, sequential } from '../../orchestration/definition/builder.js';
import { QUESTION_LIMIT } from './chart.agent.js';
import { CHART_STATES } from './chart.operation.js';

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

@ShippedWorkflow({ name: 'chart', description: 'Answers a question about wildlife strikes of aircraft with rows and a Vega-Lite chart', input: INPUT_SCHEMA })
export class Chart implements WorkflowProvider {
  define(): Step {
    return sequential('chart', agent('answer', 'chart.answer'));
  }

  plan(): WorkflowPlan {
    return { stages: Object.keys(CHART_STATES).map((stage) => ({ step: 'answer', stage })) };
  }
}
