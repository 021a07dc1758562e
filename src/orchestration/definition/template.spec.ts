import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { MAX_FILLED_LENGTH, resolveTemplate, resolveText, templateFaults } from './template.js';

const context = {
  input: JSON.parse('{"topic":"tides","n":3,"none":null,"list":[{"x":1},[2]],"größe":1,"content-type":"t","a b":{"c.d":4},"__proto__":{"own":5},"0":"zero"}') as JsonValue,
  previous: { last: [true] } as JsonValue,
  results: { plan: { items: [{ x: 'first' }], text: 'say "hi"' }, count: 7, _u1: 'u' } as Record<string, JsonValue>,
};
const fill = (value: JsonValue) => resolveTemplate(value, context);

function failure(value: JsonValue, given = context): string {
  try {
    resolveTemplate(value, given);
  } catch (error) {
    expect(error).toBeInstanceOf(StepcastError);
    expect(error).toMatchObject({ code: 'expression_failed' });
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(value)} was filled`);
}

describe('a string that is one template keeps the type of the value', () => {
  it.each<[string, JsonValue]>([
    ['{{input}}', context.input],
    ['{{ input.topic }}', 'tides'],
    ['{{input.n}}', 3],
    ['{{input.none}}', null],
    ['{{input.list[0].x}}', 1],
    ['{{input.list.1.0}}', 2],
    ['{{input.größe}}', 1],
    ['{{input.content-type}}', 't'],
    ['{{input["a b"]["c.d"]}}', 4],
    ['{{input.__proto__.own}}', 5],
    ['{{input[0]}}', 'zero'],
    ['{{\tsteps.plan.output.items[0].x\n}}', 'first'],
    ['{{steps.plan.output.items.0.x}}', 'first'],
    ['{{steps.plan.output}}', context.results.plan as JsonValue],
    ['{{steps._u1.output}}', 'u'],
    ['{{previous}}', context.previous],
    ['{{previous.last[0]}}', true],
  ])('%s', (template, value) => expect(fill(template)).toEqual(value));
});

describe('inside a longer string', () => {
  it.each([
    ['on {{input.topic}}!', 'on tides!'],
    [' {{input.n}}', ' 3'],
    ['{{input.n}}{{steps.count.output}}', '37'],
    ['{{input.none}} {{previous}} {{steps.plan.output.text}}', 'null {"last":[true]} say "hi"'],
    ['{"a":{{input.n}}}', '{"a":3}'],
    ['}} {', '}} {'],
  ])('text is put in as it is, the rest as JSON: %s', (template, text) => expect(fill(template)).toBe(text));

  it.each([
    ['\\{{', '{{'],
    ['\\{{input.topic}}', '{{input.topic}}'],
    ['a \\{{b}} {{input.n}}', 'a {{b}} 3'],
    ['\\{{{{input.n}}}}', '{{3}}'],
    ['\\\\{{', '\\{{'],
    ['back\\slash {input}', 'back\\slash {input}'],
  ])('a backslash gives two braces: %s', (template, text) => expect(fill(template)).toBe(text));

  it('any text comes back once its braces are escaped, beside any value', () => {
    const text = fc.oneof(fc.string(), fc.array(fc.constantFrom('{', '}', '\\', '{{input}}', 'a')).map((parts) => parts.join('')));
    fc.assert(fc.property(text, text, (plain, value) => {
      const escaped = plain.replaceAll('{{', '\\{{');
      expect(fill(escaped)).toBe(plain);
      // A brace or a backslash right before a template would be read with it.
      const filled = resolveTemplate(`${escaped} {{input}} ${escaped}`, { ...context, input: value });
      expect(filled).toBe(`${plain} ${value} ${plain}`);
    }));
  });
});

describe('templates stand anywhere in a value', () => {
  it('but not in keys', () => {
    expect(fill({ '{{input.n}}': ['{{input.n}}', { deep: '{{input.topic}} {{input.n}}', same: true }], none: '{{input.none}}' }))
      .toEqual({ '{{input.n}}': [3, { deep: 'tides 3', same: true }], none: null });
  });

  it('a member called __proto__ stays a member', () => {
    const filled = fill(JSON.parse('{"__proto__":"{{input.n}}"}') as JsonValue) as object;
    expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
    expect(JSON.stringify(filled)).toBe('{"__proto__":3}');
  });

  it('a value without any is given back itself, however often', () => {
    const value = { a: ['b', { c: null }] };
    expect(fill(value)).toBe(value);
    expect(fill(value)).toBe(value);
    expect(templateFaults(value, '', () => false)).toEqual([]);
  });

  it('the same template is filled anew for each context', () => {
    const template = { x: '{{input}}' };
    expect([1, 2].map((input) => resolveTemplate(template, { ...context, input }))).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('any JSON takes its place with its type', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as JsonValue;
      expect(resolveTemplate({ v: ['{{input.v}}'] }, { ...context, input: { v: json } })).toEqual({ v: [json] });
    }));
  });

  it('a text stays one', () => {
    expect(resolveText('{{previous}}', context)).toBe('{"last":[true]}');
    expect(resolveText('{{input.topic}}', context)).toBe('tides');
  });
});

describe('a path that leads nowhere fails the step, and says which', () => {
  it.each(['input.nothing', 'input.topic.length', 'input.list.length', 'input.list[2]', 'input.none.x', 'input.constructor', 'steps.plan.output.toString', 'steps.later.output', 'steps.constructor.output', 'previous.__proto__'])('%s', (path) => {
    const message = failure(`ask {{${path}}}`);
    expect(message).toContain(`ask {{${path}}}`);
    expect(message).toContain(`{{${path}}} leads nowhere`);
  });
});

it('what templates put in is bounded', () => {
  const input = 'x'.repeat(1024 * 1024);
  const times = (n: number, template: string): JsonValue => Array.from({ length: n }, () => template);
  expect(resolveTemplate(times(8, '{{input}}'), { ...context, input })).toHaveLength(8);
  expect(failure(times(9, '{{input}}'), { ...context, input })).toContain(String(MAX_FILLED_LENGTH));
  expect(failure('{{input}}'.repeat(9), { ...context, input })).toContain(String(MAX_FILLED_LENGTH));
  expect(resolveTemplate('{{input}}', { ...context, input: times(20, input) })).toHaveLength(20);
  expect(failure(times(10, '{{input}}'), { ...context, input: [input] })).toContain(String(MAX_FILLED_LENGTH));
});

describe('faults of templates', () => {
  it.each(['{{', '{{}}', '{{ }}', '{{output}}', '{{input', '{{input.}}', '{{input..a}}', '{{input.a b}}', '{{steps.a}}', '{{steps.a.result}}', '{{steps.1a.output}}', '{{input[x]}}', '{{input["a]}}', '{{input["\\q"]}}', '{{input | upper}}', '{{{input}}}', '{{ {{input}} }}', 'a {{input}} {{b}}', '{{inputs}}'])('%s is no template', (template) => {
    const [fault, ...more] = templateFaults(['fine', { 'a/b': template }], '/steps/0/input', () => true);
    expect(more).toEqual([]);
    expect(fault?.path).toBe('/steps/0/input/1/a~1b');
    expect(failure(template)).toBe(fault?.message);
  });

  it('names the steps that are not there, each time', () => {
    expect(templateFaults({ a: '{{steps.x.output}} {{steps.y.output[0]}} {{steps.z.output}}' }, '', (name) => name === 'y').map(({ path, message }) => [path, /"\w"/.exec(message)?.[0]]))
      .toEqual([['/a', '"x"'], ['/a', '"z"']]);
  });

  it('any text is taken or refused', () => {
    const text = fc.array(fc.oneof(fc.constantFrom('{{', '}}', 'input', 'steps.a.output', '.x', '[0]', '["k"]', '\\', ' '), fc.string({ maxLength: 3 }))).map((parts) => parts.join(''));
    fc.assert(fc.property(text, (template) => {
      const faults = templateFaults(template, '', () => true);
      if (faults.length > 0) expect(failure(template)).toBe(faults[0]?.message);
      else expect(() => resolveTemplate(template, { input: { x: [{ k: [0] }], k: 1 }, previous: null, results: { a: 1 } })).not.toThrow(/no template/);
    }));
  });
});
