/** Finds the providers with `@Subscriber`, and the methods of providers and controllers with `@OnExecutionEvent`. */
import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { StepcastError } from '../../contract/errors.js';
import { isEventType } from '../../contract/events.js';
import { type EventMethod, ON_EVENT_METADATA, type StreamSubscriber, SUBSCRIBER_METADATA, type SubscriberOptions } from './subscriber.js';

export interface FoundSubscriber {
  /** Of the class, or of class and method. */
  name: string;
  options: SubscriberOptions;
  call: StreamSubscriber['onEvent'];
}

@Injectable()
export class SubscriberExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws StepcastError `conflict` for one that cannot work. */
  find(): FoundSubscriber[] {
    const found: FoundSubscriber[] = [];
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const instance = wrapper.instance as (Partial<StreamSubscriber> & Record<string | symbol, unknown>) | null | undefined;
      // The class that was given; where a factory or a value was, that of what is there.
      for (const type of [wrapper.metatype, instance?.constructor]) {
        if (typeof type !== 'function' || (instance && seen.has(instance))) continue;
        const options = Reflect.getMetadata(SUBSCRIBER_METADATA, type) as SubscriberOptions | undefined;
        const methods = (Reflect.getMetadata(ON_EVENT_METADATA, type) ?? []) as EventMethod[];
        if (!options && methods.length === 0) continue;
        const { name } = type as Type<unknown>;
        if (!instance || wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
          throw new StepcastError('conflict', `${name} is ${wrapper.isTransient ? 'transient' : 'request'}-scoped; subscribers are singletons`);
        }
        seen.add(instance);
        if (options) found.push(ofClass(name, options, instance));
        for (const { method, options: own } of methods) {
          found.push(checked({ name: `${name}.${String(method)}`, options: own, call: (event) => (instance[method] as StreamSubscriber['onEvent'])(event) }));
        }
      }
    }
    return found;
  }
}

function ofClass(name: string, options: SubscriberOptions, instance: Partial<StreamSubscriber>): FoundSubscriber {
  if (typeof instance.onEvent !== 'function') throw new StepcastError('conflict', `the class ${name} with @Subscriber() has no method onEvent(event)`);
  return checked({ name, options, call: (event) => instance.onEvent?.(event) });
}

function checked(found: FoundSubscriber): FoundSubscriber {
  const { name, options: { types = [], durable } } = found;
  const unknown = types.filter((type) => !isEventType(type));
  if (unknown.length) throw new StepcastError('conflict', `${name} subscribes to ${unknown.join(', ')}, which is no type of event`);
  if (durable === '') throw new StepcastError('conflict', `${name} is durable without a name; give it one that is used once in the app`);
  return found;
}
