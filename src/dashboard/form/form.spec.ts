import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../contract/json.js';
import { type Draft, draftOf, finish, parseJson, Unfit } from './draft.js';
import { fieldOf, partOf, resolve, sampleOf, schemaOf, takesText } from './schema.js';

describe('the forms', () => {
  it('take each value by the field that fits its schema', () => {
    const schemas: [JsonValue | undefined, string][] = [
      [{ type: 'boolean' }, 'boolean'], [{ enum: [1, 2] }, 'choice'], [{ const: 1 }, 'constant'], [{ type: 'integer' }, 'number'], [{ type: ['null', 'number'] }, 'number'], [{ type: 'string' }, 'text'],
      [{ type: 'string', maxLength: 5000 }, 'long-text'], [{ type: 'string', format: 'textarea' }, 'long-text'], [{ type: 'string', format: 'date', maxLength: 5000 }, 'text'],
      [{ type: 'array', items: { type: 'string' } }, 'list'], [{ type: 'array' }, 'json'], [{ type: 'array', items: [{ type: 'string' }] }, 'json'], [{ type: 'object' }, 'json'], [{ properties: { a: true } }, 'object'],
      [{ oneOf: [{ type: 'string' }] }, 'json'], [{ type: 'object', properties: { a: true }, anyOf: [{}] }, 'json'], [{ type: ['string', 'number'] }, 'json'], [undefined, 'json'], [true, 'json'], [null, 'json'], [{}, 'json'],
    ];
    expect(schemas.map(([schema]) => fieldOf(schemaOf(schema)))).toEqual(schemas.map(([, field]) => field));
  });

  it('begin with defaults, and an example with what the schema suggests', () => {
    const brief = { type: 'object', required: ['text'], properties: { text: { type: 'string' }, sentences: { type: 'integer', default: 5 }, title: { type: 'string' } } };
    expect(draftOf(brief)).toEqual({ text: undefined, sentences: 5, title: undefined });
    expect(sampleOf(brief)).toEqual({ text: '', sentences: 5 });
    expect(sampleOf({ type: 'object', required: ['a', 'b', 'c', 'd', 'e'], properties: { a: { type: 'array' }, b: { enum: ['x', 'y'] }, c: { type: 'integer', minimum: 3 }, d: { oneOf: [{ const: 1 }] }, e: { type: ['null', 'boolean'] } } }))
      .toEqual({ a: [], b: 'x', c: 3, d: 1, e: false });
    for (const schema of [undefined, null, true, {}]) expect(sampleOf(schema)).toBeNull();
    expect(takesText({ type: 'object', properties: { text: { type: 'string', maxLength: 9000 } } })).toBe(true);
    const others: (JsonValue | undefined)[] = [undefined, null, {}, { type: 'string' }, { type: 'object', properties: { text: { enum: ['a'] } } }];
    for (const schema of others) expect(takesText(schema)).toBe(false);
  });

  it('follow references within the schema, and none that go in circles or elsewhere', () => {
    const root = { $defs: { 'a/b': { type: 'string' }, me: { $ref: '#/$defs/me' } }, properties: { a: { $ref: '#/$defs/a~1b', title: 'A' } } };
    expect(resolve({ $ref: '#/$defs/a~1b', title: 'A' }, root)).toEqual({ type: 'string', title: 'A' });
    expect(resolve({ $ref: 'https://example.com/schema' }, root)).toEqual({});
    expect(resolve({ $ref: '#/nowhere' }, root)).toEqual({});
    expect(fieldOf(resolve({ $ref: '#/$defs/me' }, root))).toBe('json');
    const tree = { type: 'object', properties: { next: { $ref: '#' }, value: { type: 'string' } } };
    expect(JSON.stringify(sampleOf(tree))).toBe('{}');
    expect(draftOf(tree)).toEqual({ next: { next: undefined, value: undefined }, value: undefined });
  });

  it('give fields once to what holds itself, however many ways it does, and then take it as JSON', () => {
    const node = { type: 'object', properties: { value: { type: 'string', default: 'x' }, children: { type: 'array', items: { $ref: '#/$defs/node' } }, ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`way${i}`, { $ref: '#/$defs/node' }])) } };
    const root = { $ref: '#/$defs/node', $defs: { node } };
    expect(draftOf(root)).toEqual({ value: 'x', children: undefined, ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`way${i}`, undefined])) });
    const first = partOf(root, root, []);
    expect([first.field, first.above]).toEqual(['object', ['#/$defs/node']]);
    const fields = (given: JsonValue) => partOf(given, root, first.above).field;
    // A list grows only as one adds to it.
    expect([fields(node.properties.value), fields(node.properties.children), fields({ $ref: '#/$defs/node' })]).toEqual(['text', 'list', 'json']);
    expect(draftOf(node.properties.children.items, root)).toMatchObject({ value: 'x' });
  });

  it('have a field for what has to be given and is not told of', () => {
    expect(draftOf({ type: 'object', required: ['a', 'b'], properties: { a: { type: 'string', default: 'x' } } })).toEqual({ a: 'x', b: undefined });
    expect(fieldOf({ type: 'object', required: ['a'] })).toBe('json');
  });

  it('are brought to JSON without what is not given, with a fault for each place that cannot be', () => {
    const schema = {
      type: 'object', required: ['a', 'deep', 'list'], properties: {
        a: { type: 'string' }, b: { type: 'number' }, 'x/y~z': { type: 'number' }, deep: { type: 'object', required: ['c'], properties: { c: { type: 'string' } } },
        free: { type: 'object', properties: { d: { type: 'string' } } }, list: { type: 'array', items: { type: 'object', required: ['e'], properties: { e: { type: 'number' } } } },
      },
    };
    const done = (draft: Draft) => finish(draft, schema, schema);
    expect(done({ a: 'x', b: undefined, deep: { c: 'y' }, free: { d: undefined }, list: [{ e: 1 }] })).toEqual({ value: { a: 'x', deep: { c: 'y' }, list: [{ e: 1 }] }, faults: [] });
    expect(done({ 'x/y~z': new Unfit('1e', 'must be a number'), free: { d: new Unfit('', 'no') }, list: [{ e: undefined }] }).faults.map(({ path, message }) => `${path} ${message}`).sort())
      .toEqual(['/a is missing', '/deep is missing', '/free/d no', '/list/0/e is missing', '/x~1y~0z must be a number']);
    expect(finish(undefined, undefined, {}).faults).toEqual([{ path: '', message: 'is missing' }]);
    expect(parseJson('{"a":1}')).toEqual({ a: 1 });
    expect(parseJson('{a')).toBeInstanceOf(Unfit);
  });

  it('take a box that has to say something and is left empty as no, and leave out what need not be given and nobody has touched', () => {
    type Fields = { readonly [name: string]: Draft };
    const flag = { type: 'boolean' };
    const schema = {
      type: 'object', required: ['agreed', 'on', 'items'], properties: {
        agreed: flag, on: { type: 'boolean', default: true }, maybe: flag, items: { type: 'array', items: { type: 'object', required: ['agreed'], properties: { agreed: flag } } },
        free: { type: 'object', required: ['agreed', 'deep'], properties: { agreed: flag, note: { type: 'string' }, deep: { type: 'object', required: ['agreed', 'word'], properties: { agreed: flag, word: { type: 'string' } } } } },
        any: { type: 'object' },
      },
    };
    const begun = draftOf(schema) as { free: Fields & { deep: Fields } };
    const sent = (changes: Fields) => finish({ ...begun, items: [draftOf(schema.properties.items.items)], ...changes }, schema, schema);
    expect(sent({})).toEqual({ value: { agreed: false, on: true, items: [{ agreed: false }] }, faults: [] });
    expect(sent({ agreed: true, on: false, maybe: false, any: {} })).toEqual({ value: { agreed: true, on: false, maybe: false, items: [{ agreed: false }], any: {} }, faults: [] });
    // Taken out as JSON, which leaves the box as its default says.
    expect(sent({ on: undefined }).value).toMatchObject({ on: true });
    expect(sent({ free: { ...begun.free, deep: { ...begun.free.deep, word: 'x' } } }).value).toMatchObject({ free: { agreed: false, deep: { agreed: false, word: 'x' } } });
    expect(sent({ free: { ...begun.free, note: 'x' } }).faults).toEqual([{ path: '/free/deep/word', message: 'is missing' }]);
    expect(finish(undefined, flag, flag)).toEqual({ value: false, faults: [] });
  });

  it('send a list that has to be given and that nobody has added to as the empty one, unless it must hold something', () => {
    const [list, some] = [{ type: 'array', items: { type: 'string' } }, { type: 'array', items: { type: 'string' }, minItems: 1 }];
    const schema = { type: 'object', required: ['list'], properties: { list, free: list } };
    expect(finish(draftOf(schema), schema, schema)).toEqual({ value: { list: [] }, faults: [] });
    expect(finish(undefined, some, some)).toEqual({ value: undefined, faults: [{ path: '', message: 'is missing' }] });
  });
});
