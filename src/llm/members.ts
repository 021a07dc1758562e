/** Looks at options that code has given, which may have been written without types. */
import { type Fault } from '../contract/errors.js';
import { isObject, memberPath } from '../contract/json.js';
import { nearestName } from '../contract/nearest.name.js';

/** What is wrong with a value, at its path and below; nothing where it is as it should be. */
export type Rule = (value: unknown, path: string) => Fault[];

/** An object with no other members than these, none of which has to be there. */
export function members(rules: Readonly<Record<string, Rule>>): Rule {
  return (value, path) => {
    if (!isObject(value)) return [{ path, message: `must be an object of ${Object.keys(rules).join(', ')}` }];
    return Object.entries(value).flatMap(([name, member]): Fault[] => {
      const at = `${path}/${name}`;
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (rule) return member === undefined ? [] : rule(member, at);
      const meant = nearestName(name, Object.keys(rules));
      return [{ path: at, message: `is not known${meant === undefined ? '' : `; did you mean ${meant}?`} (known are ${Object.keys(rules).join(', ')})` }];
    });
  };
}

/** An object of any names. */
export function entries(rule: (name: string) => Rule): Rule {
  return (value, path) => {
    if (!isObject(value)) return [{ path, message: 'must be an object' }];
    return Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : rule(name)(member, memberPath(path, name))));
  };
}

export function all(...rules: readonly Rule[]): Rule {
  return (value, path) => rules.flatMap((rule) => rule(value, path));
}

/** @param message What it must be. It does not repeat the value, which may be a key. */
export function must(test: (value: unknown) => boolean, message: string): Rule {
  return (value, path) => (test(value) ? [] : [{ path, message }]);
}

export function wholeNumber(min: number, max: number): Rule {
  return (value, path) => (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? [] : [{ path, message: `must be a whole number from ${min} to ${max}, but is ${String(value)}` }]);
}
