/** Subscribers of an app: what they are told, and that nothing they do reaches an execution. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Scope } from '@nestjs/common';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { type EventOf, OnExecutionEvent, type StreamSubscriber, Subscriber } from '../../src/streaming/subscribers/subscriber.js';
import { type AppOptions, tempDir, TestApp } from '../support/app.js';
import { eventually } from '../support/patience.js';
import { isSigned, SECRET, WebhookReceiver } from '../support/webhook-receiver.js';

/** What each subscriber was told: `<who> <type>`, and with it the event. */
let told: { who: string; event: ExecutionEvent }[] = [];
let app: TestApp;
const start = async (options: AppOptions = {}) => (app = await TestApp.start(options));
afterEach(async () => {
  told = [];
  failures = 0;
  await app?.close();
});

const of = (who: string) => told.filter((one) => one.who === who).map(({ event }) => event);
const toldOf = (who: string, count: number) => eventually(() => of(who).length >= count && of(who), `${count} events for ${who}`);
const echo = (name = 'w') => ({ name, steps: [{ type: 'agent' as const, name: 'a', agent: 'echo' }] });
const count = async (metric: string, subscriber: string) => {
  const line = (await app.nest.get(MetricsRegistry).metrics()).split('\n').find((text) => text.startsWith(`stepcast_subscriber_${metric}{subscriber="${subscriber}"}`));
  return Number(line?.split(' ').at(-1));
};

@Subscriber()
class Everything implements StreamSubscriber {
  onEvent(event: ExecutionEvent) {
    told.push({ who: 'everything', event });
  }
}

@Injectable()
class Base {
  @OnExecutionEvent('step_completed', { workflow: 'mine' })
  onStep(event: EventOf<'step_completed'>) {
    told.push({ who: 'step', event });
    // What it does to its event reaches nobody else.
    event.data.output = 'spoilt';
  }

  @OnExecutionEvent(['workflow_started', 'workflow_completed'])
  async onEnds(event: EventOf<'workflow_started' | 'workflow_completed'>) {
    told.push({ who: 'ends', event });
  }
}

@Injectable()
class Derived extends Base {
  @OnExecutionEvent('step_started')
  onStart(event: EventOf<'step_started'>) {
    told.push({ who: 'start', event });
  }

  @OnExecutionEvent('workflow_started')
  override async onEnds(event: EventOf<'workflow_started'>) {
    told.push({ who: 'begins', event });
  }
}

@Controller('mine')
class WithRoutes {
  @OnExecutionEvent('*')
  onAny(event: ExecutionEvent) {
    told.push({ who: 'controller', event });
  }
}

let failures = 0;

@Injectable()
class Durable {
  @OnExecutionEvent('*', { durable: 'ledger' })
  async onAny(event: ExecutionEvent) {
    if (failures-- > 0) throw new Error('not now');
    told.push({ who: 'durable', event });
  }
}

@Injectable()
class Broken {
  @OnExecutionEvent('*')
  onAny() {
    throw new TypeError('a bug');
  }

  @OnExecutionEvent('*')
  async onAnyHanging() {
    await new Promise(() => undefined);
  }
}

describe('subscribers of an app', () => {
  it('are classes, and methods of providers and controllers, with the types and workflows that they want', async () => {
    await start({ providers: [Everything, Derived, WithRoutes] });
    const [mine] = [await app.alice.start(echo('mine'), 1), await app.bob.start(echo('yours'), 2)];
    const log = await app.alice.follow(mine);
    const all = await toldOf('everything', log.length * 2);
    expect(all.filter(({ executionId }) => executionId === mine)).toEqual(log);
    await toldOf('controller', log.length * 2);
    await toldOf('begins', 2);
    await toldOf('step', 1);
    expect(of('step').map(({ workflow, seq }) => [workflow, seq])).toEqual([['mine', log.find(({ type }) => type === 'step_completed')?.seq]]);
    expect([of('start').length, of('begins').length, of('ends').length]).toEqual([2, 2, 0]);
    expect((await app.alice.status(mine)).result).toBe(1);
  });

  it('that fail or hang touch nothing, are counted each time, and are told of once', async () => {
    await start({ providers: [Broken, Everything] });
    const ids = await Promise.all([1, 2, 3].map(() => app.alice.start(echo())));
    const logs = await Promise.all(ids.map((id) => app.alice.follow(id)));
    await toldOf('everything', logs.flat().length);
    await eventually(async () => (await count('errors_total', 'Broken.onAny')) === logs.flat().length, 'the count of errors');
    await eventually(async () => (await count('lag', 'Broken.onAnyHanging')) > 0, 'what waits for the one that hangs');
  });

  it('that are durable get what they failed at again, and over restarts miss nothing', async () => {
    failures = 2;
    await start({ providers: [Durable] });
    const first = await app.alice.follow(await app.alice.start(echo()));
    await toldOf('durable', first.length);
    expect(of('durable')).toEqual(first);
    app = await app.restart({ providers: [] });
    const second = await app.alice.follow(await app.alice.start(echo()));
    app = await app.restart({ providers: [Durable] });
    const third = await app.alice.follow(await app.alice.start(echo()));
    await toldOf('durable', first.length + second.length + third.length);
    expect(of('durable')).toEqual([...first, ...second, ...third]);
  });

  it('are told of a shutdown before the journal is closed', async () => {
    await start({ providers: [Everything] });
    const id = await app.alice.start({ name: 'w', steps: [{ type: 'agent', name: 'a', agent: 'gate' }] });
    await app.stage.gate(id, 'a').arrived;
    app = await app.restart();
    expect(of('everything').map(({ type }) => type)).toContain('checkpoint_saved');
  });

  it('that cannot work stop the start, with the reason', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @OnExecutionEvent('*')
      onAny() {}
    }
    @Subscriber()
    class WithoutMethod {}
    @Subscriber({ durable: 'ledger' })
    class SameName extends Everything {}
    @Subscriber({ types: ['finished' as 'message'] })
    class NoType extends Everything {}
    @Subscriber({ durable: '' })
    class NoName extends Everything {}
    for (const [providers, reason] of [[[PerRequest], 'request-scoped'], [[NoName], 'durable without a name'], [[WithoutMethod], 'no method onEvent'], [[SameName, Durable], 'two subscribers are durable as "ledger"'], [[NoType], 'no type of event']] as const) {
      await expect(TestApp.start({ providers: [...providers] })).rejects.toThrow(reason);
    }
    await expect(TestApp.start({ streaming: { subscribers: { webhooks: [{ name: 'x', url: 'nowhere', secret: SECRET }] } } })).rejects.toThrow('webhooks[0].url');
    await start();
  });
});

describe('the file and the webhooks of an app', () => {
  it('get every event of every user', async () => {
    const receiver = await WebhookReceiver.start();
    const path = join(tempDir(), 'events.ndjson');
    await start({ streaming: { subscribers: { file: path, webhooks: [{ name: 'it', url: receiver.url, secret: SECRET, types: ['workflow_completed'] }] } } });
    const logs = await Promise.all([app.alice, app.bob].map(async (user) => user.follow(await user.start(echo()))));
    await receiver.until(() => receiver.taken.length === 2, 'both ends');
    await eventually(() => existsSync(path) && readFileSync(path, 'utf8').split('\n').length > logs.flat().length, 'the file');
    const lines = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as ExecutionEvent);
    for (const log of logs) expect(lines.filter(({ executionId }) => executionId === log[0]?.executionId)).toEqual(log);
    expect(receiver.taken.map(({ event }) => event.type)).toEqual(['workflow_completed', 'workflow_completed']);
    expect(receiver.taken.every((delivery) => isSigned(delivery))).toBe(true);
    await receiver.close();
  });
});
