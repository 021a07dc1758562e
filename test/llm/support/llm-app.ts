/** An app whose models are those of a model server, and the tools that specs give to them. */
import { type Provider } from '@nestjs/common';
import { type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type ExecutionEvent } from '../../../src/contract/events.js';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';
import { type LlmOptions } from '../../../src/llm/llm.options.js';
import { Tool, type ToolContext, type ToolHandler } from '../../../src/llm/tools/tool.js';
import { agent, workflow } from '../../../src/orchestration/definition/builder.js';
import { TestApp } from '../../support/app.js';
import { ModelServer } from '../../support/model-server/model-server.js';
import { PROVIDERS } from './providers.js';

const LONGEST_PAUSE_MS = 5 * 60_000;

/** US dollars per million tokens. */
export const PRICE = { input: 2, output: 8, cachedInput: 0.5 };

/** What a test lets the tool `lookup` do. */
export class Lookups {
  readonly calls: { input: JsonValue; context: ToolContext }[] = [];
  answer: (input: JsonObject, context: ToolContext) => unknown = ({ city }) => ({ city, celsius: 7 });
}

@Tool({
  name: 'lookup', description: 'Looks up the weather of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
})
export class LookupTool implements ToolHandler<JsonObject> {
  constructor(private readonly lookups: Lookups) {}

  execute(input: JsonObject, context: ToolContext): unknown {
    this.lookups.calls.push({ input, context });
    return this.lookups.answer(input, context);
  }
}

export class LlmApp {
  private constructor(public app: TestApp, readonly models: ModelServer, readonly lookups: Lookups) {}

  static async start(llm: LlmOptions = {}, providers: Provider[] = []): Promise<LlmApp> {
    const models = await ModelServer.start();
    const lookups = new Lookups();
    // One has no price: it tells tokens and no cost.
    const prices = Object.fromEntries(PROVIDERS.filter(({ provider }) => provider !== 'local').map(({ name }) => [name, PRICE]));
    const app = await TestApp.start({ streaming: { llm: { ...models.options, prices, ...llm } }, providers: [{ provide: Lookups, useValue: lookups }, LookupTool, ...providers] });
    return new LlmApp(app, models, lookups);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.models.close();
  }

  /** Stops the app as SIGTERM would, and starts another one on the same data. */
  async restart(): Promise<void> {
    this.app = await this.app.restart();
  }

  /** Starts a workflow and reads it to its end. */
  async run(definition: WorkflowDefinition, input?: JsonValue): Promise<ExecutionEvent[]> {
    return this.app.alice.follow(await this.app.alice.start(definition, input));
  }

  /** Between two tests: nothing may be left of a script, nor of a pause that a provider has asked for. */
  reset(): void {
    this.app.clock.advance(LONGEST_PAUSE_MS);
    this.lookups.calls.length = 0;
    this.lookups.answer = new Lookups().answer;
    this.models.reset();
  }
}

/** A workflow of one step, `say`, which asks the model. */
export function asks(model: string, input: JsonObject = {}): WorkflowDefinition {
  return workflow('asks', agent('say', 'llm', { input: { model, prompt: 'Say something', ...input } }));
}
