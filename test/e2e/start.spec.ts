/** What a start has to wait for: a static import of a large library anywhere in the service would bring it back into every one. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { conditional, agent, workflow } from '../../src/orchestration/definition/builder.js';
import { ServiceProcess } from '../support/process.js';

const ON_DEMAND = [
  '@nestjs/swagger', 'ajv', 'ajv-formats', '@marcbachmann/cel-js', 're2js', 'class-validator', 'class-transformer', 'class-validator-jsonschema', 'jose',
  '@opentelemetry/api', 'wink-nlp', 'wink-eng-lite-web-model', 'ai', 'cockatiel', '@ai-sdk/openai', '@ai-sdk/anthropic', '@ai-sdk/google', '@ai-sdk/openai-compatible', 'zod', 'ws',
];

let service: ServiceProcess;
afterEach(() => service.dispose());

const start = async () => (service = await ServiceProcess.start({ preload: 'test/support/loaded-packages.mjs' }));
const loadedAtTheEnd = async () => {
  await service.end();
  return /^loaded packages: (.*)$/m.exec(service.output)?.[1]?.split(' ') ?? [];
};

describe('the service', () => {
  it('is ready without the libraries that only some requests need', async () => {
    await start();
    for (const path of ['//health/ready', '/executions', '/workflows']) expect((await service.as('alice').get(path)).status).toBe(200);
    const loaded = await loadedAtTheEnd();
    expect(loaded).toContain('@nestjs/core');
    expect(ON_DEMAND.filter((name) => loaded.includes(name))).toEqual([]);
  });

  it('loads them for the first requests that do, also where those come together', async () => {
    await start();
    const alice = service.as('alice');
    const expression = workflow('w', conditional('c', { when: 'input.matches("^a")', then: agent('e', 'echo') }));
    const runs = await Promise.all(['a', 'b', 'c'].map((input) => alice.post('/executions', { workflow: expression, input })));
    expect(runs.map(({ status }) => status)).toEqual([202, 202, 202]);
    const documents = await Promise.all([1, 2, 3].map(() => service.as(undefined).get('//docs-json')));
    expect(new Set(documents.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(documents[0]?.json.paths).toHaveProperty('/api/v1/executions');
    expect((await service.as('root').get('//metrics')).text).toContain('process_cpu_seconds_total');
    const loaded = await loadedAtTheEnd();
    expect(loaded).toEqual(expect.arrayContaining(['@nestjs/swagger', 'ajv', '@marcbachmann/cel-js', 're2js', 'class-validator', '@opentelemetry/api']));
  });
});
