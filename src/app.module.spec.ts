import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from './app.module.js';
import { loadConfig } from './config.js';
import { assertDefinition } from './orchestration/definition/definition.validator.js';
import { AgentRegistry } from './orchestration/registry/agent.registry.js';
import { WorkflowRegistry } from './orchestration/registry/workflow.registry.js';

let app: INestApplicationContext;
beforeAll(async () => {
  const config = loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: 'alice:a-key-of-alice-for-tests' });
  app = await (await Test.createTestingModule({ imports: [AppModule.register(config)] }).setLogger(false as never).compile()).init();
});
afterAll(() => app.close());

describe('the workflows that ship with the service', () => {
  it('are valid, as no start checks them', () => {
    const workflows = app.get(WorkflowRegistry).all();
    expect(workflows.map(({ definition }) => definition.name).sort()).toEqual(['brief', 'build', 'chart', 'research']);
    for (const { definition } of workflows) expect(() => assertDefinition(definition, app.get(AgentRegistry))).not.toThrow();
  });
});
