/**
 * The JSON Schema of a class with class-validator decorators, for those who start the workflow: what is in the class
 * stands at the root, the classes nested in it under `$defs`. What a schema cannot say (validators of one's own) is left
 * out; the class itself is what inputs are checked with.
 */
import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { type JsonObject } from '../../contract/json.js';

/** A member with a decorator, as the library hands it to its converters. */
interface Member {
  target: Type<object> | string;
  propertyName: string;
  /** Told of each item of a list; the library makes the list around it. */
  each?: boolean;
}

const PRIMITIVES = new Map<unknown, JsonObject>([[String, { type: 'string' }], [Number, { type: 'number' }], [Boolean, { type: 'boolean' }]]);

export function classSchema(root: Type<object>): JsonObject {
  const names = new Map<Type<object>, string>();
  const referenceTo = (type: Type<object>): JsonObject => {
    let name = names.get(type);
    if (name === undefined) {
      const taken = [...names.values()].filter((other) => other === type.name || other.startsWith(`${type.name}_`)).length;
      names.set(type, (name = taken ? `${type.name}_${taken + 1}` : type.name));
    }
    return { $ref: `#/$defs/${name}` };
  };
  const nested = (member: Member): JsonObject => {
    const { type, isList } = nestedType(member);
    const schema = type ? referenceTo(type) : {};
    return isList && !member.each ? { type: 'array', items: schema } : schema;
  };
  const own = ({ target, propertyName, each }: Member): JsonObject => (each ? {} : PRIMITIVES.get(designType(target, propertyName)) ?? {});
  const schemaOf = (type: Type<object>): JsonObject => JSON.parse(JSON.stringify(targetConstructorToSchema(type, {
    classValidatorMetadataStorage: getMetadataStorage(),
    additionalConverters: {
      [ValidationTypes.NESTED_VALIDATION]: (member) => nested(member as Member),
      [ValidationTypes.CUSTOM_VALIDATION]: (member) => own(member as Member),
    },
  }))) as JsonObject;

  const schema = schemaOf(root);
  if (names.size === 0) return schema;
  const $defs: JsonObject = {};
  // A map's loop reaches what is added on the way: classes nested in nested ones.
  for (const [type, name] of names) $defs[name] = schemaOf(type);
  return { ...schema, $defs };
}

/** The class that class-transformer makes of the member, by `@Type` or by the type it is declared with. */
function nestedType({ target, propertyName, each }: Member): { type?: Type<object>; isList: boolean } {
  const declared = designType(target, propertyName);
  const isList = each === true || declared === Array;
  if (typeof target === 'string') return { isList };
  const made = plainToInstance(target, { [propertyName]: isList ? [{}] : {} }) as Record<string, unknown>;
  const item = isList ? (made[propertyName] as unknown[] | undefined)?.[0] : made[propertyName];
  const found = [item?.constructor, declared].find((type) => typeof type === 'function' && isDecorated(type));
  return found ? { type: found as Type<object>, isList } : { isList };
}

function isDecorated(type: unknown): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type as Type<object>, '', true, false).length > 0;
}

function designType(target: Member['target'], propertyName: string): unknown {
  return typeof target === 'string' ? undefined : Reflect.getMetadata('design:type', target.prototype as object, propertyName);
}
