import { type AgentStep } from '../../../contract/definition.js';
import { type JsonValue } from '../../../contract/json.js';
import { ModelRegistry } from '../../../llm/models.registry.js';
import { type AgentContext, type AgentHandler } from '../../../orchestration/agent.js';
import { Agent } from '../../../orchestration/decorators.js';
import { modelOf, objectOf, textOf, wholeOf } from '../../team/settings.js';
import { type BuildSettings } from '../build.types.js';

/** How often code may be refined. */
export const MAX_ROUNDS = { default: 3, most: 5 };

/** Reads the input of `build` and settles the model, which then stays the same over a restart with another one. */
@Agent({ name: 'build.settings', description: 'Reads the input of the workflow build: {task, language?, model?, maxRounds?}' })
export class BuildSettingsAgent implements AgentHandler {
  constructor(private readonly models: ModelRegistry) {}

  /** @throws StepcastError `model_not_configured` where neither the input nor the service names a model that can be called. */
  check(_step: Readonly<AgentStep>, input: JsonValue): void {
    this.models.check(modelOf(input));
  }

  async execute(ctx: AgentContext): Promise<BuildSettings> {
    const input = objectOf(ctx.input, 'the input');
    const { name } = await this.models.resolve(modelOf(input));
    return {
      task: textOf(input['task'], 'task'),
      language: input['language'] === undefined ? 'the one that the task names, or else the one that suits it best' : textOf(input['language'], 'language'),
      model: name,
      maxRounds: wholeOf(input['maxRounds'] ?? MAX_ROUNDS.default, 'maxRounds', 1, MAX_ROUNDS.most),
    };
  }
}
