import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import {
  ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, IsString, Min, Validate, ValidateNested, ValidatorConstraint, type ValidatorConstraintInterface,
} from 'class-validator';
import { type JsonObject } from '../../contract/json.js';
import { checkSchema, compileSchema } from '../definition/input.validator.js';
import { inputRules } from './input.rules.js';
import { classSchema } from './input.schema.js';

@ValidatorConstraint()
class Even implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return Number(value) % 2 === 0;
  }
}

class Place {
  @IsString() city!: string;
}
class Line {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsOptional() @ValidateNested() @Type(() => Place) from?: Place;
}
class Order {
  @IsString() customer!: string;
  @ValidateNested({ each: true }) @Type(() => Line) @ArrayMinSize(1) lines!: Line[];
  @ValidateNested() @Type(() => Place) to!: Place;
  @IsOptional() @IsIn(['slow', 'fast']) speed?: string;
}
class Comment {
  @IsString() text!: string;
  @IsOptional() @IsArray() @ValidateNested() @Type(() => Comment) replies?: Comment[];
}
class Untyped {
  @ValidateNested() to!: Place;
}
class Odd {
  @Validate(Even) count!: number;
  @Validate(Even, { each: true }) counts!: number[];
  @Validate(Even) anything!: unknown[];
}

const defsOf = (schema: JsonObject): string[] => Object.keys(schema['$defs'] as JsonObject);

describe('the schema of a class', () => {
  it('has the classes nested in it, at any depth, under $defs', () => {
    const schema = classSchema(Order);
    expect(checkSchema(schema)).toEqual([]);
    expect(defsOf(schema).sort()).toEqual(['Line', 'Place']);
    const check = compileSchema(schema);
    expect(check({ customer: 'a', lines: [{ sku: 's', quantity: 1, from: { city: 'c' } }], to: { city: 'd' }, speed: 'fast' })).toEqual([]);
    expect(check({ customer: 'a', lines: [{ sku: 's', quantity: 0, from: {} }], to: {}, speed: 'x' }).map(({ path }) => path).sort()).toEqual([
      '/lines/0/from/city', '/lines/0/quantity', '/speed', '/to/city',
    ]);
  });

  it('may refer to itself', () => {
    const check = compileSchema(classSchema(Comment));
    expect(check({ text: 'a', replies: [{ text: 'b', replies: [] }] })).toEqual([]);
    expect(check({ text: 'a', replies: [{ text: 'b', replies: [{}] }] })).toEqual([{ path: '/replies/0/replies/0/text', message: 'is missing' }]);
  });

  it('tells classes of one name apart', () => {
    const first = Place;
    const second = (() => {
      class Place {
        @IsInt() x!: number;
      }
      return Place;
    })();
    class Both {
      @ValidateNested() @Type(() => first) a!: object;
      @ValidateNested() @Type(() => second) b!: object;
    }
    const check = compileSchema(classSchema(Both));
    expect(check({ a: { city: 'c' }, b: { x: 1 } })).toEqual([]);
    expect(check({ a: { x: 1 }, b: { city: 'c' } }).map(({ path }) => path).sort()).toEqual(['/a/city', '/b/x']);
  });

  it('leaves out what a schema cannot say', () => {
    const schema = classSchema(Odd);
    expect(checkSchema(schema)).toEqual([]);
    expect(schema['properties']).toEqual({ count: { type: 'number' }, counts: { type: 'array', items: {} }, anything: {} });
  });

  it('stands beside a check by the class itself', async () => {
    const { schema, check } = await inputRules(Order);
    expect(schema).toEqual(classSchema(Order));
    expect(await check({ customer: 'a', lines: [{ sku: 's', quantity: 0 }], to: { city: 'c' } })).toEqual([
      { path: '/lines/0/quantity', message: 'quantity must not be less than 1' },
    ]);
  });

  it('of a nested class without @Type is known, and the check says that there is something wrong, not that it broke', async () => {
    const { schema, check } = await inputRules(Untyped);
    expect(defsOf(schema as JsonObject)).toEqual(['Place']);
    expect(await check({ to: { city: 'c' } })).toEqual([{ path: '/to', message: expect.stringContaining('unknown value') }]);
  });
});
