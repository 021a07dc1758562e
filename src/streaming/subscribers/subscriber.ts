/** What an app writes to be told of the events of all executions: methods with `@OnExecutionEvent`, classes with `@Subscriber`. */
import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { type EventType, type ExecutionEvent } from '../../contract/events.js';

export const SUBSCRIBER_METADATA = 'stepcast:subscriber';
export const ON_EVENT_METADATA = 'stepcast:on-event';

/**
 * Is told of events once they are committed, one after the other, in the order of the commits: the next one comes when
 * `onEvent` has returned, or its promise is settled. Nothing of this holds an execution up. What it throws is counted and
 * logged; with `durable` the event is given to it again until it returns.
 */
export interface StreamSubscriber {
  onEvent(event: ExecutionEvent): void | Promise<void>;
}

export interface SubscriberOptions {
  /** Only events of these types. */
  types?: readonly EventType[];
  /** Only events of workflows with these names. */
  workflows?: readonly string[];
  /**
   * A name that is used once in the app: the journal keeps under it how far the subscriber has come, from its first start on,
   * so that it misses nothing over crashes and restarts. It may be given an event again. Without it, it is told of what is
   * committed while it lives.
   */
  durable?: string;
}

/**
 * Makes a provider a subscriber. The class implements `StreamSubscriber`.
 *
 * @example
 * ```ts
 * @Subscriber({ types: ['workflow_failed'], durable: 'pager' })
 * export class Pager implements StreamSubscriber {
 *   constructor(private readonly mail: Mail) {}
 *
 *   onEvent(event: ExecutionEvent) {
 *     return this.mail.send('on-call@example.com', `${event.workflow} has failed`);
 *   }
 * }
 * ```
 */
export function Subscriber(options: SubscriberOptions = {}): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(SUBSCRIBER_METADATA, options));
}

export interface OnExecutionEventOptions extends Pick<SubscriberOptions, 'durable'> {
  /** Only events of this workflow, or of these. */
  workflow?: string | readonly string[];
}

export type EventOf<T extends EventType> = Extract<ExecutionEvent, { type: T }>;

/** A method with `@OnExecutionEvent`, as its class keeps it. */
export interface EventMethod {
  method: string | symbol;
  options: SubscriberOptions;
  /** The class that wrote it: one that extends it may decorate the method anew. */
  owner: object;
}

/**
 * Calls a method of a provider for each event of a type, or of several, or with `'*'` of all. It is what `StreamSubscriber` says.
 *
 * @example
 * ```ts
 * @OnExecutionEvent('step_completed', { workflow: 'dispatch' })
 * onStep({ step, data }: EventOf<'step_completed'>) {
 *   this.logger.log(`${step.id} gave ${JSON.stringify(data.output)}`);
 * }
 * ```
 */
export function OnExecutionEvent<T extends EventType = EventType>(types: T | readonly T[] | '*', { workflow, durable }: OnExecutionEventOptions = {}) {
  return <M extends (event: EventOf<T>) => unknown>(target: object, method: string | symbol, _descriptor: TypedPropertyDescriptor<M>): void => {
    const owner = target.constructor;
    const options: SubscriberOptions = {
      ...(types === '*' ? {} : { types: typeof types === 'string' ? [types] : types }),
      ...(workflow === undefined ? {} : { workflows: typeof workflow === 'string' ? [workflow] : workflow }),
      ...(durable === undefined ? {} : { durable }),
    };
    const known = (Reflect.getMetadata(ON_EVENT_METADATA, owner) ?? []) as EventMethod[];
    const others = known.filter((one) => one.owner === owner || one.method !== method);
    Reflect.defineMetadata(ON_EVENT_METADATA, [...others, { method, options, owner }], owner);
  };
}
