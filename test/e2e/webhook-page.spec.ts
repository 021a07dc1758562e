/** The receiver of webhooks that the protocol shows, pasted and sent what the service sends, and what others might. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MarkdownPage } from '../support/markdown.js';
import { PastedServer } from '../support/pasted-server.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { SECRET, SECRET_KEY } from '../support/webhook-receiver.js';

const WORKFLOW = { name: 'words', steps: [{ type: 'agent' as const, name: 'say', agent: 'tokens', input: { count: 5 } }] };

describe('the receiver of webhooks that the protocol shows', () => {
  let receiver: PastedServer;
  beforeAll(async () => {
    receiver = await PastedServer.start(new MarkdownPage('docs/protocol.md').only('receiver').code, { port: 8082, env: { WEBHOOK_SECRET: SECRET } });
  });
  afterAll(() => receiver.dispose());

  /** The numbers and types that it has told of an execution. */
  const told = (id: string) => [...receiver.output.matchAll(new RegExp(`^${id} (\\d+ \\w+)$`, 'gm'))].map(([, event]) => event);
  const event = (seq: number, executionId: string) => JSON.stringify({ seq, type: 'message', executionId });
  const send = async (body: string, headers: Record<string, string>) => (await fetch(receiver.base, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })).status;
  const signed = (body: string, { id = 'x/1', at = Math.floor(Date.now() / 1000), key = SECRET_KEY, before = '' } = {}) => ({
    'webhook-id': id, 'webhook-timestamp': String(at),
    'webhook-signature': `${before}v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`,
  });

  it.each([['one by one', {}], ['in batches', { batch: 4 }]])('takes what the service sends, %s: every event once and in order', async (_, batch) => {
    const webhook = { name: 'it', url: receiver.base, secret: SECRET, minDelayMs: 5, maxDelayMs: 20, ...batch };
    const service = await ServiceProcess.start({ env: { STEPCAST_WEBHOOKS: JSON.stringify([webhook]) } });
    try {
      const id = await service.as('alice').start(WORKFLOW);
      const log = (await service.as('alice').follow(id)).map(({ seq, type }) => `${seq} ${type}`);
      await eventually(() => told(id).length >= log.length, `the events of ${id} at the receiver`);
      expect(told(id)).toEqual(log);
    } finally {
      await service.dispose();
    }
  });

  it('passes by what comes again, and takes any of several signatures', async () => {
    for (const seq of [1, 2, 1, 2, 3]) expect(await send(event(seq, 'again'), signed(event(seq, 'again')))).toBe(204);
    expect(await send(event(4, 'again'), signed(event(4, 'again'), { before: 'v1,AAAA v2,AAAA ' }))).toBe(204);
    expect(told('again')).toEqual(['1 message', '2 message', '3 message', '4 message']);
  });

  it('refuses what is not signed, signed by another, changed on its way, or of another time', async () => {
    const body = event(1, 'forged');
    const now = Math.floor(Date.now() / 1000);
    const right = signed(body);
    const refused: Record<string, string>[] = [
      {}, { ...right, 'webhook-signature': '' }, { ...right, 'webhook-id': 'x/2' }, { ...right, 'webhook-signature': right['webhook-signature'].replace('v1,', 'v2,') },
      { ...right, 'webhook-timestamp': 'now' }, signed(`${body} `), signed(body, { key: Buffer.from('another key') }), signed(body, { at: now - 3600 }), signed(body, { at: now + 3600 }),
    ];
    for (const headers of refused) expect([headers, await send(body, headers)]).toEqual([headers, 401]);
    expect(told('forged')).toEqual([]);
  });
});
