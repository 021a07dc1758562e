import { type AgentStep } from '../../../contract/definition.js';
import { type JsonValue } from '../../../contract/json.js';
import { ModelRegistry } from '../../../llm/models.registry.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { modelOf, objectOf, textOf, wholeOf } from '../../team/settings.js';
import { type Research } from '../research.types.js';

/** How many topics a round may have. */
export const BREADTH = { default: 3, most: 6 };
/** How many rounds there may be. */
export const DEPTH = { default: 2, most: 3 };

/** Reads the input of `research` and settles the model, which then stays the same over a restart with another one. */
@Agent({ name: 'research.settings', description: 'Reads the input of the workflow research: {question, breadth?, depth?, model?}' })
export class ResearchSettingsAgent implements AgentHandler {
  constructor(private readonly models: ModelRegistry) {}

  /** @throws StepcastError `model_not_configured` where neither the input nor the service names a model that can be called. */
  check(_step: Readonly<AgentStep>, input: JsonValue): void {
    this.models.check(modelOf(input));
  }

  async execute(ctx: AgentContext): Promise<Research> {
    const input = objectOf(ctx.input, 'the input');
    const { name } = await this.models.resolve(modelOf(input));
    return {
      question: textOf(input['question'], 'question'),
      breadth: wholeOf(input['breadth'] ?? BREADTH.default, 'breadth', 1, BREADTH.most),
      depth: wholeOf(input['depth'] ?? DEPTH.default, 'depth', 1, DEPTH.most),
      model: name,
      round: 0,
      findings: [],
    };
  }
}
