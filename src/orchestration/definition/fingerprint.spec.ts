import { describe, expect, it } from '@jest/globals';
import { type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { agent, conditional, parallel, retry, sequential, workflow } from './builder.js';
import { fingerprintOf, rootSteps } from './fingerprint.js';

const base = () => workflow('w', { timeoutMs: 5 },
  agent('a', 'echo', { input: { description: 'data', x: 1 } }),
  parallel('p', retry('r', { maxAttempts: 2 }, agent('b')), agent('c', () => 1)),
  conditional('q', { when: () => true, then: agent('d'), else: agent('e') }));

function changed(change: (definition: WorkflowDefinition, steps: Record<string, Step>) => void): string {
  const definition = base();
  const steps: Record<string, Step> = {};
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { type, name } = value as Step;
    if (typeof type === 'string') steps[name] = value as Step;
    Object.values(value).forEach(collect);
  };
  collect(definition);
  change(definition, steps);
  return fingerprintOf(definition);
}

describe('the fingerprint of a workflow', () => {
  it('is SHA-256 in base64url, the same for the same tree in any order of members', () => {
    expect(fingerprintOf(base())).toMatch(/^[\w-]{43}$/);
    expect(fingerprintOf(base())).toBe(fingerprintOf(Object.fromEntries(Object.entries(base()).reverse()) as unknown as WorkflowDefinition));
  });

  it.each<[string, Parameters<typeof changed>[0]]>([
    ['descriptions', (definition, { a, b, d }) => [definition, a, b, d].map((described) => Object.assign(described as object, { description: 'y' }))],
    ['streaming', (definition) => (definition.streaming = { enabled: false })],
    ['the schema of the input', (definition) => (definition.inputSchema = { type: 'object' })],
    ['what is said of caching', (_definition, { a, b }) => [a, b].map((step) => Object.assign(step as Step, { cache: { ttlMs: 5 } }))],
    ['the body of a function', (_definition, { c, q }) => [Object.assign(c as Step, { agent: () => 2 }), Object.assign(q as Step, { when: () => false })]],
  ])('is not changed by %s', (_what, change) => expect(changed(change)).toBe(fingerprintOf(base())));

  it.each<[string, Parameters<typeof changed>[0]]>([
    ['the name', (definition) => (definition.name = 'v')],
    ['the time-out', (definition) => (definition.timeoutMs = 6)],
    ['the name of a step', (_definition, { b }) => Object.assign(b as Step, { name: 'z' })],
    ['an agent', (_definition, { d }) => Object.assign(d as Step, { agent: 'other' })],
    ['a function in the place of an agent', (_definition, { d }) => Object.assign(d as Step, { agent: () => 1 })],
    ['an option', (_definition, { r }) => Object.assign(r as Step, { maxAttempts: 3 })],
    ['a condition', (_definition, { q }) => Object.assign(q as Step, { when: 'true' })],
    ['an input, whatever its members are called', (_definition, { a }) => Object.assign(a as Step, { input: { description: 'other', x: 1 } })],
    ['the order of steps', (definition) => definition.steps.reverse()],
    ['a step less', (definition) => definition.steps.pop()],
    ['the type of a step', (_definition, { p }) => Object.assign(p as Step, { type: 'sequential' })],
  ])('is changed by %s', (_what, change) => expect(changed(change)).not.toBe(fingerprintOf(base())));
});

describe('the steps of a workflow', () => {
  const [a, b] = [agent('a'), agent('b')];

  it('are those of a sequential at the root, of an array or of a definition', () => {
    for (const defined of [sequential('root', a, b), [a, b], workflow('w', a, b)]) expect(rootSteps(defined)).toEqual([a, b]);
  });

  it('are any other step alone, and a sequential that has a time-out to keep', () => {
    for (const defined of [a, parallel('p', a, b), sequential('root', { timeoutMs: 5 }, a, b)]) expect(rootSteps(defined)).toEqual([defined]);
    expect(rootSteps([sequential('s', a)])).toEqual([sequential('s', a)]);
  });
});
