import { expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { WORKFLOW_DEFINITION_SCHEMA } from './definition.schema.js';

/** As in an OpenAPI document: a component, referred to from outside. */
const inDocument = () => {
  const document = { $id: 'urn:example:document', components: { schemas: { WorkflowDefinition: WORKFLOW_DEFINITION_SCHEMA } }, $ref: '#/components/schemas/WorkflowDefinition' };
  return new Ajv2020({ strict: false }).compile(document);
};

it('is a valid JSON Schema, and plain JSON', () => {
  expect(new Ajv2020().validateSchema(WORKFLOW_DEFINITION_SCHEMA)).toBe(true);
  expect(JSON.parse(JSON.stringify(WORKFLOW_DEFINITION_SCHEMA))).toEqual(WORKFLOW_DEFINITION_SCHEMA);
});

it('holds as a part of another document, without any extension', () => {
  const validate = inDocument();
  const definition = (step: object) => ({ name: 'w', steps: [{ type: 'sequential', name: 's', steps: [step] }] });
  expect(validate(definition({ type: 'agent', name: 'a', agent: 'echo', input: [1] }))).toBe(true);
  expect(validate(definition({ type: 'agent', name: 'a', agent: 'echo', more: 1 }))).toBe(false);
  expect(validate(definition({ type: 'input', name: 'a', agent: 'echo' }))).toBe(false);
  expect(validate(definition({ name: 'a' }))).toBe(false);
});

it('refuses unknown fields everywhere', () => {
  const objects: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { properties, additionalProperties } = schema as { properties?: Record<string, object>; additionalProperties?: unknown };
    if (properties !== undefined) {
      objects.push(path);
      expect([path, additionalProperties]).toEqual([path, false]);
    }
    for (const [key, member] of Object.entries(schema)) if (key !== 'examples') walk(member, `${path}/${key}`);
  };
  walk(WORKFLOW_DEFINITION_SCHEMA, '');
  expect(objects).toHaveLength(11);
});
