import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { type JsonValue } from '../../contract/json.js';
import { inputRules } from './input.rules.js';

class Line {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}
class Order {
  @IsString() customer!: string;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Line) lines?: Line[];
  @IsOptional() @IsString() 'a/b~c'?: string;
}
/** Nested, but nothing says by which class. */
class Untyped {
  @ValidateNested() to!: object;
}
class Bare {
  any?: string;
}

const faultsOf = async (input: Parameters<typeof inputRules>[0], value: JsonValue) => (await inputRules(input)).check(value);

describe('what the input of a workflow is checked with', () => {
  it('is nothing where nothing is asked for', async () => {
    expect((await inputRules(undefined)).schema).toBeUndefined();
    for (const value of [null, 1, { any: [] }]) expect(await faultsOf(undefined, value)).toEqual([]);
  });

  it('is a JSON Schema, which is told as it is', async () => {
    const schema = { type: 'object', required: ['topic'] };
    expect((await inputRules(schema)).schema).toBe(schema);
    expect(await faultsOf(schema, {})).toEqual([{ path: '/topic', message: 'is missing' }]);
    expect(await faultsOf(schema, { topic: 1 })).toEqual([]);
  });

  it('is a class: every fault is told with its place, and members it does not know are refused', async () => {
    expect(await faultsOf(Order, { customer: 'ann', lines: [{ sku: 'x', quantity: 1 }] })).toEqual([]);
    expect(await faultsOf(Order, { lines: [{ sku: 1, quantity: 0 }], extra: 1, 'a/b~c': 2 })).toEqual(expect.arrayContaining([
      { path: '/customer', message: 'customer must be a string' },
      { path: '/lines/0/sku', message: 'sku must be a string' },
      { path: '/lines/0/quantity', message: 'quantity must not be less than 1' },
      { path: '/extra', message: 'property extra should not exist' },
      { path: '/a~1b~0c', message: 'a/b~c must be a string' },
    ]));
  });

  it.each([null, 1, 'text', true, [1]])('of a class takes objects alone, and no %p', async (value) => {
    expect(await faultsOf(Order, value as JsonValue)).toEqual([{ path: '', message: 'must be an object' }]);
  });

  it('of a class has bounded objects: what takes class-transformer long is refused, and said where', async () => {
    const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 0]));
    expect(await faultsOf(Order, { customer: 'ann', lines: [members(100_000)] })).toEqual([{ path: '/lines/0', message: 'has more than 5000 members; send a list in their place' }]);
    expect(await faultsOf(Order, members(5001))).toEqual([{ path: '', message: expect.stringContaining('5000') }]);
    expect((await faultsOf(Order, members(5000))).length).toBeGreaterThan(5000);
  });

  it('answers faults and never fails, even where a class leaves out what class-validator needs', async () => {
    expect(await faultsOf(Untyped, { to: { city: 'x' } })).toEqual([{ path: '/to', message: expect.any(String) }]);
    expect(await faultsOf(Bare, { any: 'x' })).toEqual([{ path: '', message: expect.any(String) }]);
  });

  it('leaves prototypes alone', async () => {
    const value = JSON.parse('{"customer":"ann","__proto__":{"admin":true}}') as JsonValue;
    await faultsOf(Order, value);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
