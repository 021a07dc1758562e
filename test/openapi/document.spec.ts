/** The OpenAPI document in itself: valid, complete, and without a loose end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ERROR_CODES } from '../../src/contract/errors.js';
import { EVENT_TYPES, type ExecutionEvent } from '../../src/contract/events.js';
import { type MediaTypeObject, type Operation, type ParameterObject, type RequestBodyObject, type ResponseObject } from './support/contract.js';
import { Service } from './support/service.js';

type Json = Record<string, unknown>;

/** Routes that are no part of the API: this document itself, the page that shows it, and the page at `/` with what it loads. */
const PAGES = /^\/(docs(-json|-yaml)?(\/.*)?|assets\/.*)?$/;

let service: Service;
let document: OpenAPIObject;
let operations: Operation[];

beforeAll(async () => {
  service = await Service.start();
  ({ document } = service);
  ({ operations } = service.contract);
});
afterAll(() => service.close());

/** Every object in a JSON value, with its JSON Pointer. */
function* objectsIn(value: unknown, path = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Json];
  for (const [key, member] of Object.entries(value)) yield* objectsIn(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

/** Of the document without its examples, which are data. */
function* nodes(): Generator<[string, Json]> {
  for (const [path, node] of objectsIn(document)) if (!/\/(examples?|default|enum|const)(\/|$)/.test(path)) yield [path, node];
}

function resolve(reference: string): unknown {
  return reference.slice(2).split('/').reduce<unknown>((node, part) => (node as Json | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

describe('the document', () => {
  it('is valid OpenAPI 3.2', async () => {
    const result = await new Validator().validate(structuredClone(document) as never);
    expect(result).toEqual({ valid: true });
    expect(document.openapi).toBe('3.2.0');
  });

  it('names itself, its version and its server', () => {
    expect(document.info).toMatchObject({ title: 'Stepcast', version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown, license: { name: 'MIT' } });
    expect(document.info.description).toContain('Last-Event-ID');
    expect(document.servers).toEqual([{ url: '/', description: 'This service' }]);
  });

  it('describes every route that is registered, and no other', () => {
    const { stack } = (service.app.getHttpAdapter().getInstance() as { router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] } }).router;
    const registered = stack.flatMap(({ route }) => (route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`) : []))
      // Middleware stands at every path.
      .filter((route) => !PAGES.test(route.split(' ')[1] as string) && !route.includes('*'));
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...new Set(registered)].sort());
    expect(operations.length).toBeGreaterThan(15);
  });

  it('gives every operation a short unique id, a summary, a description, a tag that is explained, and answers', () => {
    const tags = new Set(document.tags?.map(({ name }) => name));
    for (const { id, spec } of operations) {
      expect(id).toMatch(/^[a-z]+[A-Za-z]*$/);
      expect(spec.summary).toMatch(/^[A-Z].{5,80}$/);
      expect(spec.description).toMatch(/^[A-Z][^]{10,}$/);
      expect(spec.tags).toHaveLength(1);
      expect(tags).toContain(spec.tags?.[0]);
      expect(Object.keys(spec.responses).some((status) => /^(2|101)/.test(status))).toBe(true);
    }
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    expect(document.tags?.every(({ description }) => description)).toBe(true);
    expect(new Set(operations.flatMap(({ spec }) => spec.tags))).toEqual(tags);
  });

  it('asks for a user everywhere but for health, and takes tickets on streams alone', () => {
    for (const { path, spec } of operations) {
      const schemes = spec.security?.flatMap((requirement) => Object.keys(requirement));
      if (path.startsWith('/health/')) expect(spec.security).toEqual([]);
      else expect(schemes).toEqual(/\/(stream|ws)$/.test(path) && !path.includes('/chat/') ? ['apiKey', 'bearer', 'ticket'] : ['apiKey', 'bearer']);
      if (schemes?.length) expect(Object.keys(spec.responses)).toEqual(expect.arrayContaining(['401', '429']));
    }
    expect(Object.keys(document.components?.securitySchemes ?? {}).sort()).toEqual(['apiKey', 'bearer', 'ticket']);
  });

  it('has no reference that leads nowhere, and no component that nothing leads to', () => {
    const references = [...nodes()].flatMap(([path, { $ref, discriminator }]) => {
      const mapping = Object.values((discriminator as { mapping?: Record<string, string> } | undefined)?.mapping ?? {});
      return [...(typeof $ref === 'string' ? [$ref] : []), ...mapping].map((reference) => ({ path, reference }));
    });
    for (const { path, reference } of references) {
      expect(reference).toMatch(/^#\/components\/(schemas|headers)\//);
      if (resolve(reference) === undefined) throw new Error(`${path} refers to ${reference}, which is not there`);
    }
    const used = new Set(references.map(({ reference }) => reference));
    const components = ['schemas', 'headers'].flatMap((kind) => Object.keys((document.components as Record<string, Json>)[kind] as Json).map((name) => `#/components/${kind}/${name}`));
    expect(components.filter((component) => !used.has(component))).toEqual([]);
  });

  it('has schemas that are valid JSON Schema, each with a description', () => {
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      service.contract.component(name);
      if ((schema as Json)['oneOf'] === undefined) expect([name, (schema as Json)['description']]).toEqual([name, expect.any(String)]);
    }
  });

  it('has closed objects: what is not described is not there', () => {
    const open = [...nodes()].filter(([, node]) => node['type'] === 'object' && node['properties'] !== undefined && node['additionalProperties'] !== false).map(([path]) => path);
    // A frame is what a parser makes of it; a problem's code is narrowed beside a reference to the closed schema.
    // What other protocols' clients send and are sent is for those protocols to close.
    const ofOthers = ['StreamFrame', 'ChatBody', 'RunAgentBody', 'UiMessageFrame', 'AgUiFrame'].map((name) => `/components/schemas/${name}`);
    expect(open.filter((path) => !ofOthers.includes(path) && !/problem\+json\/schema\/allOf\/1$/.test(path))).toEqual([]);
  });

  it('describes every parameter', () => {
    for (const { path, spec } of operations) {
      const parameters = spec.parameters as ParameterObject[];
      for (const parameter of parameters) expect(parameter).toMatchObject({ description: expect.stringMatching(/./) as unknown, schema: expect.any(Object) as unknown, required: parameter.in === 'path' });
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it('has examples that are as their schemas say', () => {
    let checked = 0;
    const check = (media: MediaTypeObject | undefined, at: string[]) => {
      const examples = Object.values(media?.examples ?? {}) as { value?: unknown; dataValue?: unknown }[];
      if (media?.example !== undefined) examples.push({ value: media.example as unknown });
      for (const { value, dataValue } of examples) {
        service.contract.assert(value ?? dataValue, ...at, 'schema');
        checked++;
      }
      return examples.length;
    };
    for (const { id, method, path, spec } of operations) {
      const at = ['paths', path, method.toLowerCase()];
      const { content = {} } = (spec.requestBody ?? {}) as Partial<RequestBodyObject>;
      for (const [type, media] of Object.entries(content)) expect([id, check(media, [...at, 'requestBody', 'content', type])]).not.toEqual([id, 0]);
      for (const [status, response] of Object.entries(spec.responses)) {
        for (const [type, media] of Object.entries((response as ResponseObject).content ?? {})) {
          expect([id, status, check(media, [...at, 'responses', status, 'content', type])]).not.toEqual([id, status, 0]);
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
  });
});

describe('its closed lists', () => {
  const enumOf = (name: string) => (document.components?.schemas?.[name] as { enum: string[] }).enum;

  it('hold every error code, and of problems every code with a status', () => {
    expect(enumOf('ErrorCode')).toEqual(Object.keys(ERROR_CODES));
    expect(enumOf('ProblemCode')).toEqual(Object.entries(ERROR_CODES).filter(([, status]) => status !== undefined).map(([code]) => code));
  });

  it('document each code under its own status', () => {
    for (const { spec } of operations) {
      for (const [status, response] of Object.entries(spec.responses)) {
        const media = (response as ResponseObject).content?.['application/problem+json'];
        for (const code of Object.keys(media?.examples ?? {})) expect([code, String(ERROR_CODES[code as keyof typeof ERROR_CODES])]).toEqual([code, status]);
      }
    }
  });

  it('hold a schema for every type of event', () => {
    const { discriminator, oneOf } = document.components?.schemas?.['ExecutionEvent'] as { discriminator: { mapping: Record<string, string> }; oneOf: { $ref: string }[] };
    expect(Object.keys(discriminator.mapping)).toEqual(EVENT_TYPES);
    expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref));
    for (const [type, reference] of Object.entries(discriminator.mapping)) expect(resolve(`${reference}/properties/type`)).toEqual({ const: type });
  });

  it('map every type of step to its schema', () => {
    const { discriminator } = document.components?.schemas?.['Step'] as { discriminator: { mapping: Record<string, string> } };
    expect(Object.keys(discriminator.mapping)).toEqual(['agent', 'sequential', 'parallel', 'conditional', 'retry', 'iteration', 'input']);
    for (const [type, reference] of Object.entries(discriminator.mapping)) expect(resolve(`${reference}/properties/type`)).toEqual({ const: type });
  });

  it('take events of tools as the contract types them', () => {
    const envelope = { seq: 1, executionId: '6f1e2c57-7d0b-4c1a-9a53-0f6f2f1f4f0e', workflow: 'w', timestamp: '2026-11-20T08:00:00.000Z', progress: 0 };
    const step = { id: 'a', name: 'a', type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0, status: 'running' } as const;
    const events: ExecutionEvent[] = [
      { ...envelope, type: 'tool_call', step, data: { callId: 'c1', tool: 'clock', input: {} } },
      { ...envelope, type: 'tool_result', step, data: { callId: 'c1', output: '08:00', durationMs: 0.5 } },
      { ...envelope, type: 'tool_result', step, data: { callId: 'c1', error: { code: 'agent_failed', message: 'it is broken', cause: 'ECLOCK' }, durationMs: 1 } },
    ];
    for (const event of events) service.contract.assert(event, 'components', 'schemas', 'ExecutionEvent');
  });
});
