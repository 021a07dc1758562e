/** What the explorers of agents, workflows, tools and subscribers share: looking through an app's providers for decorated classes. */
import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { StepcastError } from '../../contract/errors.js';

export interface FoundProvider<Options> {
  options: Options;
  instance: object;
  type: Type<unknown>;
}

/**
 * The singletons whose class `optionsOf` answers something for, each once.
 *
 * @param rule Why others cannot work, for the message: "tools are singletons".
 * @throws StepcastError `conflict` for one that is made anew for each request or each user of it.
 */
export function* foundProviders<Options>(
  wrappers: ReturnType<DiscoveryService['getProviders']>, optionsOf: (type: Type<unknown>) => Options | undefined, rule: string,
): Generator<FoundProvider<Options>> {
  const seen = new Set<object>();
  for (const wrapper of wrappers) {
    const instance = wrapper.instance as object | null | undefined;
    // The class that was given; where a factory or a value was, that of what is there.
    for (const given of [wrapper.metatype, instance?.constructor]) {
      if (typeof given !== 'function' || (instance && seen.has(instance))) continue;
      const type = given as Type<unknown>;
      const options = optionsOf(type);
      if (!options) continue;
      if (!instance || wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
        throw new StepcastError('conflict', `${type.name} is ${wrapper.isTransient ? 'transient' : 'request'}-scoped; ${rule}`);
      }
      seen.add(instance);
      yield { options, instance, type };
    }
  }
}
