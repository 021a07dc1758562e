import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { type JsonValue } from '../../contract/json.js';
import { compileSchema } from '../../orchestration/definition/input.validator.js';
import { createDemoModel } from './demo.model.js';
import { type CallOptions } from './request.js';

const model = createDemoModel('writer');
type Options = Partial<CallOptions>;
type Part = Awaited<ReturnType<typeof model.doStream>>['stream'] extends ReadableStream<infer P> ? P : never;

const promptOf = (asked: string, system?: string): CallOptions['prompt'] => [
  ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
  { role: 'user', content: [{ type: 'text', text: asked }] },
];
const generate = (asked: string, system?: string, more: Options = {}) => model.doGenerate({ prompt: promptOf(asked, system), ...more });
const write = async (asked: string, system?: string, more: Options = {}): Promise<string> =>
  (await generate(asked, system, more)).content.map((part) => (part.type === 'text' ? part.text : '')).join('');
const read = async (stream: ReadableStream<Part>): Promise<Part[]> => {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
};
const instance = async (schema: JsonValue, asked: string, system = 'You are a helper.'): Promise<JsonValue> =>
  JSON.parse(await write(asked, system, { responseFormat: { type: 'json', schema: schema as never } })) as JsonValue;

const TASK = 'Task: A rate limiter with a sliding window for HTTP requests';

describe('demo/writer', () => {
  it('streams word by word what it would give whole, with its usage at the end', async () => {
    const whole = await generate(TASK, 'You are an architect.');
    const parts = await read((await model.doStream({ prompt: promptOf(TASK, 'You are an architect.') })).stream);
    const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
    expect(whole.content).toEqual([{ type: 'text', text: deltas.join('') }]);
    expect(deltas.length).toBeGreaterThan(50);
    expect(deltas.every((delta) => delta.trim().split(/\s/).length === 1)).toBe(true);
    expect(parts.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual(['stream-start', 'response-metadata', 'text-start', 'text-end', 'finish']);
    expect(parts.at(-1)).toEqual({ type: 'finish', usage: whole.usage, finishReason: { unified: 'stop', raw: 'stop' } });
    expect(whole.usage.inputTokens.total).toBeGreaterThan(12);
    expect(whole.usage.outputTokens.total).toBeGreaterThanOrEqual(deltas.length);
  });

  it('gives the same text for the same prompt, and another for another prompt or seed', async () => {
    const texts = await Promise.all([write(TASK), write(TASK), write('Task: A parser for CSV files'), write(TASK, undefined, { seed: 7 })]);
    expect(texts[1]).toBe(texts[0]);
    expect(new Set(texts).size).toBe(3);
  });

  it.each([
    ['You are a software architect.', '', '## Parts'],
    ['You are a strict code reviewer who knows architecture.', '', '## Verdict'],
    ['You are a technical writer.', '', '## How to use it'],
    ['You are a research planner.', '', '## Steps'],
    ['You are a researcher.', '', '## Reasoning'],
    ['You are an editor.', '', '## In short'],
    ['You are an experienced programmer.', '', '```typescript'],
    ['You are a refiner: a programmer who mends code.', '', 'throw new Error'],
    ['', 'Summarise the findings.', '## In short'],
    ['', 'Review this.', '## Verdict'],
    ['', 'Good morning.', 'You asked|turns on'],
  ])('writes for its role, and without one for the request: %s%s', async (system, line, expected) => {
    expect(await write(`${line}\n\n${TASK}`, system)).toMatch(new RegExp(expected));
  });

  it('keeps to the words of the subject, and leaves alone what the prompt quotes', async () => {
    const text = await write(`Review the code.\n\n${TASK}\n\n<code>\nconst elephant = banana(giraffe, elephant);\n</code>`, 'You are a reviewer.');
    expect(text).toMatch(/the rate limiter/);
    expect(text).toMatch(/sliding window|HTTP requests/);
    expect(text).not.toMatch(/elephant|banana|giraffe/);
    expect(text).not.toContain('{');
  });

  it('names the findings that a prompt numbers', async () => {
    expect(await write('Write the synthesis.\n\nQuestion: Why is the sky blue?\n\n[F1] Light: it scatters.\n[F2] Air: it is there.', 'You are an editor.')).toContain('This rests on [F1], [F2].');
  });

  it.each(['A rate limiter', 'a class for the new default value', '日本語', '12 */ 34', 'Émile’s naïve queue of `null`'])('writes sketches that can be parsed, for any task: %s', async (task) => {
    for (const [language, role] of [['typescript', 'programmer'], ['javascript', 'programmer'], ['typescript', 'refiner']]) {
      const text = await write(`Task: ${task}\nLanguage: ${language}`, `You are a ${role}.`);
      const code = /```(\w+)\n([\s\S]*?)\n```/.exec(text);
      expect(code?.[1]).toBe(language);
      const script = stripTypeScriptTypes(code?.[2] as string).replaceAll('export ', '');
      expect(() => new Script(script)).not.toThrow();
      expect(script).toContain('no language model');
    }
    const python = await write(`Task: ${task}\nLanguage: Python`, 'You are a programmer.');
    expect(python).toMatch(/```python\ndef [a-z_]\w*\(/i);
  });

  it('stops where its request is aborted, before and in the middle', async () => {
    const controller = new AbortController();
    const { stream } = await model.doStream({ prompt: promptOf(TASK, 'You are an architect.'), abortSignal: controller.signal });
    const seen: Part[] = [];
    const reading = (async () => {
      for await (const part of stream) if (seen.push(part) === 5) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(5);
    await expect(model.doStream({ prompt: promptOf(TASK), abortSignal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(model.doGenerate({ prompt: promptOf(TASK), abortSignal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('keeps to maxOutputTokens, and says that it was cut', async () => {
    const { usage, finishReason } = await generate(TASK, 'You are an architect.', { maxOutputTokens: 20 });
    expect(usage.outputTokens.total).toBeLessThanOrEqual(20);
    expect(usage.outputTokens.total).toBeGreaterThan(10);
    expect(finishReason.unified).toBe('length');
  });

  it('is the only one of demo', () => {
    expect(() => createDemoModel('gpt')).toThrow(/no model demo\/gpt; there is demo\/writer/);
  });
});

describe('demo/writer with a schema', () => {
  const node: JsonValue = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } } };
  const schemas: Record<string, JsonValue> = {
    'texts within bounds': { type: 'object', required: ['a', 'b', 'c'], properties: { a: { type: 'string', minLength: 200 }, b: { type: 'string', maxLength: 5 }, c: { type: 'string', minLength: 3, maxLength: 3 } } },
    numbers: {
      type: 'object', required: ['a', 'b', 'c', 'd', 'e', 'f'],
      properties: {
        a: { type: 'integer', minimum: 7, maximum: 7 }, b: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, c: { type: 'integer', multipleOf: 25, minimum: 60, maximum: 110 },
        d: { type: 'integer', maximum: -100 }, e: { type: 'number', minimum: 0.001, maximum: 0.002 }, f: { type: 'integer', exclusiveMinimum: 3 },
      },
    },
    choices: { type: 'object', required: ['a', 'b', 'c', 'd'], properties: { a: { enum: ['x', 'y'] }, b: { const: 42 }, c: { type: ['string', 'null'] }, d: { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 5 }] } } },
    arrays: {
      type: 'object', required: ['a', 'b', 'c', 'd'],
      properties: {
        a: { type: 'array', minItems: 5, maxItems: 6, items: { type: 'string' }, uniqueItems: true }, b: { type: 'array', maxItems: 0 },
        c: { type: 'array', uniqueItems: true, minItems: 3, items: { enum: ['x', 'y', 'z'] } }, d: { type: 'array', prefixItems: [{ type: 'boolean' }, { type: 'integer' }], items: false, minItems: 2 },
      },
    },
    'nested objects': { type: 'object', required: ['deep'], additionalProperties: false, properties: { deep: { type: 'object', required: ['deeper'], additionalProperties: false, properties: { deeper: { type: 'array', minItems: 1, items: { type: 'object', required: ['x'], properties: { x: { type: 'boolean' } } } } } } } },
    'references, also to itself': { $ref: '#/$defs/node', $defs: { node } },
    'all of several': { type: 'object', allOf: [{ required: ['a'], properties: { a: { type: 'string' } } }, { required: ['b'], properties: { b: { type: 'integer', minimum: 1, maximum: 2 } } }] },
    formats: { type: 'object', required: ['a', 'b', 'c', 'd', 'e', 'f'], properties: { a: { type: 'string', format: 'date-time' }, b: { type: 'string', format: 'email' }, c: { type: 'string', format: 'uri' }, d: { type: 'string', format: 'uuid' }, e: { type: 'string', format: 'date' }, f: { type: 'string', format: 'ipv4' } } },
    'free members': { type: 'object', minProperties: 3, additionalProperties: { type: 'integer', minimum: 1 } },
    'patterns that a word of the prompt meets': { type: 'object', required: ['a'], properties: { a: { type: 'string', pattern: '^[a-z]+-[a-z]+$' } } },
    'no schema to speak of': {},
  };

  it.each(Object.entries(schemas))('gives a valid value: %s', async (_name, schema) => {
    for (const asked of [TASK, 'Question: How do solid-state batteries age?', 'x']) {
      if (asked === 'x' && JSON.stringify(schema).includes('pattern')) continue;
      const value = await instance(schema, asked === TASK ? `${TASK}, made for a well-known case` : asked);
      expect({ value, faults: compileSchema(schema)(value) }).toEqual({ value, faults: [] });
    }
  });

  it('comes to an end where a schema asks for no end', async () => {
    const endless: JsonValue[] = [
      { $ref: '#/$defs/a', $defs: { a: { type: 'object', required: ['l', 'r'], properties: { l: { $ref: '#/$defs/a' }, r: { $ref: '#/$defs/a' } } } } },
      { type: 'array', minItems: 1e9 }, { type: 'string', minLength: 1e9 }, { $ref: '#' }, { $ref: '#/$defs/b', $defs: { b: { allOf: Array.from({ length: 9 }, () => ({ $ref: '#/$defs/b' })) } } }, { type: 'string', pattern: '^(a+)+$' }, { type: 'object', minProperties: 1e9 },
    ];
    for (const schema of endless) expect(JSON.stringify(await instance(schema, TASK)).length).toBeLessThan(300_000);
  });

  it('takes its texts from the prompt, and as many as it asks for', async () => {
    const text = (name: string): JsonValue => ({ type: 'object', properties: { topics: { type: 'array', items: { type: 'object', required: [name], properties: { [name]: { type: 'string' } } } } } });
    const { topics } = (await instance(text('title'), 'Name exactly 4 topics.\n\nQuestion: How do tide pools change?')) as { topics: { title: string }[] };
    expect(topics).toHaveLength(4);
    expect(new Set(topics.map(({ title }) => title)).size).toBe(4);
    for (const { title } of topics) expect(title).toMatch(/tide pools/);
    // What the prompt tells already is not said again.
    const { topics: next } = (await instance(text('title'), `Name exactly 4 topics.\n\nQuestion: How do tide pools change?\n\n${topics.map(({ title }) => title).join('\n')}`)) as { topics: { title: string }[] };
    for (const { title } of next) expect(topics.map((topic) => topic.title)).not.toContain(title);
    const { topics: asked } = (await instance(text('question'), 'Name exactly 2 topics.\n\nQuestion: How do tide pools change?')) as unknown as { topics: { question: string }[] };
    for (const { question } of asked) expect(question).toMatch(/\?$/);
  });

  it('judges a first version with issues, and a revised one without', async () => {
    const verdict: JsonValue = { type: 'object', required: ['approved', 'issues'], properties: { issues: { type: 'array', items: { type: 'string' } }, approved: { type: 'boolean' } } };
    const first = (await instance(verdict, `Review the code.\n\n${TASK}`, 'You are a reviewer.')) as { approved: boolean; issues: string[] };
    expect(first.approved).toBe(false);
    expect(first.issues.length).toBeGreaterThan(0);
    expect(await instance(verdict, `Review the code.\n\n${TASK}\n\n<code>\n// revised\n</code>`, 'You are a reviewer.')).toMatchObject({ approved: false });
    expect(await instance(verdict, `Review the code.\n\n${TASK}\n\nThis is a revised version.`, 'You are a reviewer.')).toEqual({ approved: true, issues: [] });
  });
});

describe('demo/writer with tools', () => {
  const weather = { type: 'function' as const, name: 'weather', description: 'The weather', inputSchema: { type: 'object' as const, required: ['city'], properties: { city: { type: 'string' as const, enum: ['Lisbon', 'Bergen'] } } } };
  const other = { ...weather, name: 'other-tool' };
  const callsOf = async (asked: string, more: Options = {}) => (await generate(asked, undefined, { tools: [other, weather], ...more })).content.filter((part) => part.type === 'tool-call');

  it('calls the one that is named, with an input of its schema, and else none', async () => {
    expect((await callsOf('Use weather for Bergen, please.')).map(({ toolName, input }) => `${toolName} ${input}`)).toEqual(['weather {"city":"Bergen"}']);
    expect(await callsOf('What will the day bring?')).toEqual([]);
    expect(await callsOf('Use weather.', { toolChoice: { type: 'none' } })).toEqual([]);
    expect((await callsOf('Anything.', { toolChoice: { type: 'required' } })).map(({ toolName }) => toolName)).toEqual(['other-tool']);
    expect((await callsOf('Anything.', { toolChoice: { type: 'tool', toolName: 'weather' } })).map(({ toolName }) => toolName)).toEqual(['weather']);
  });

  it('calls it once, and tells what it has answered', async () => {
    let calls = 0;
    const result = streamText({
      model, prompt: 'Use weather for Bergen.', stopWhen: stepCountIs(5),
      tools: { weather: tool({ description: 'The weather', inputSchema: jsonSchema<{ city: string }>(weather.inputSchema), execute: ({ city }) => `call ${++calls}: rain in ${city}` }) },
    });
    const types: string[] = [];
    for await (const part of result.stream) types.push(part.type);
    expect(calls).toBe(1);
    expect(await result.text).toContain('`weather` answered: call 1: rain in Bergen');
    expect(types).toEqual(expect.arrayContaining(['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-result', 'text-delta']));
  });
});
