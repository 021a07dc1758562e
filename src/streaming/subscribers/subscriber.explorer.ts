/** Finds the providers with `@Subscriber`, and the methods of providers and controllers with `@OnExecutionEvent`. */
import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { StepcastError } from '../../contract/errors.js';
import { isEventType } from '../../contract/events.js';
import { foundProviders } from '../../orchestration/registry/found-providers.js';
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
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    for (const { options: { ofType, methods }, instance: given, type: { name } } of foundProviders(wrappers, decorated, 'subscribers are singletons')) {
      const instance = given as Partial<StreamSubscriber> & Record<string | symbol, unknown>;
      if (ofType) found.push(ofClass(name, ofType, instance));
      for (const { method, options } of methods) {
        found.push(checked({ name: `${name}.${String(method)}`, options, call: (event) => (instance[method] as StreamSubscriber['onEvent'])(event) }));
      }
    }
    return found;
  }
}

function decorated(type: Type<unknown>): { ofType: SubscriberOptions | undefined; methods: EventMethod[] } | undefined {
  const ofType = Reflect.getMetadata(SUBSCRIBER_METADATA, type) as SubscriberOptions | undefined;
  const methods = (Reflect.getMetadata(ON_EVENT_METADATA, type) ?? []) as EventMethod[];
  return ofType || methods.length ? { ofType, methods } : undefined;
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
