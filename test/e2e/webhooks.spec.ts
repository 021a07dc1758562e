/** Webhooks of the service, over its death and that of the receiver. */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { tempDir } from '../support/app.js';
import { ServiceProcess } from '../support/process.js';
import { isSigned, SECRET, WebhookReceiver } from '../support/webhook-receiver.js';

let service: ServiceProcess;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});
afterEach(async () => {
  await service?.dispose();
  await receiver.close();
});

const startService = async (env: Record<string, string> = {}) => {
  const webhook = { name: 'it', url: receiver.url, secret: SECRET, minDelayMs: 5, maxDelayMs: 20 };
  service = await ServiceProcess.start({ preload: 'test/support/second-life.mjs', env: { STEPCAST_WEBHOOKS: JSON.stringify([webhook]), ...env } });
};
const words = (count: number, intervalMs: number) => ({ name: 'words', steps: [{ type: 'agent' as const, name: 'say', agent: 'tokens', input: { count, intervalMs } }] });
const ended = (ids: readonly string[]) => () => ids.every((id) => receiver.taken.some(({ event }) => event.executionId === id && event.type === 'workflow_completed'));
/** That the receiver has had the whole log of each, in order, whatever came twice. */
const expectWhole = async (ids: readonly string[]) => {
  const logs = receiver.logs();
  for (const id of ids) {
    const log = await service.as('alice').follow(id);
    expect(logs.get(id)?.map((json) => JSON.parse(json) as ExecutionEvent)).toEqual(log);
  }
  expect(receiver.received.every((delivery) => isSigned(delivery))).toBe(true);
};

describe('a webhook of the service', () => {
  it('misses nothing when the service is killed between events, again and again, and keeps the order of each execution', async () => {
    await startService();
    const ids = await Promise.all([1, 2, 3].map(() => service.as('alice').start(words(40, 1000))));
    for (const count of [5, 50]) {
      await receiver.until(() => receiver.received.length >= count, `${count} deliveries`);
      await service.end('SIGKILL');
      service = await service.restart();
    }
    await receiver.until(ended(ids), 'the ends');
    await expectWhole(ids);
    expect(receiver.taken.some(({ event }) => event.type === 'workflow_resumed')).toBe(true);
  });

  it('that hangs keeps the service neither from its work nor from ending, nor the file from its events; what it missed, it gets when it is back', async () => {
    receiver.answer = () => undefined;
    const folder = tempDir();
    const path = join(folder, 'events.ndjson');
    await startService({ STEPCAST_EVENT_FILE: path });
    const hung = await service.as('alice').start(words(300, 0));
    expect((await service.as('alice').follow(hung)).at(-1)?.type).toBe('workflow_completed');
    await receiver.until(() => receiver.received.length > 0, 'a delivery');
    expect(await service.end()).toEqual({ code: 0, signal: null });
    expect(readFileSync(path, 'utf8')).toContain('"workflow_completed"');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(service.output).not.toContain(SECRET);

    await receiver.close();
    service = await service.restart();
    const away = await service.as('alice').start(words(3, 0));
    await service.as('alice').follow(away);
    receiver.answer = (response) => void response.writeHead(204).end();
    await receiver.listen();
    await receiver.until(ended([hung, away]), 'the ends');
    await expectWhole([hung, away]);
    expect((await service.as('root').get('//metrics')).text).toMatch(/stepcast_subscriber_events_total\{subscriber="webhook:it"\} \d+/);
    rmSync(folder, { recursive: true });
  });
});
