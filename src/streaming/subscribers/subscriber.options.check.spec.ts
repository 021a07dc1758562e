import { describe, expect, it } from '@jest/globals';
import { SECRET } from '../../../test/support/webhook-receiver.js';
import { subscribersFrom } from './subscriber.env.js';
import { faultsOf } from './subscriber.options.check.js';
import { type SubscribersOptions } from './subscriber.options.js';

const HOOK = { name: 'crm', url: 'http://10.0.0.7:8080/hook', secret: SECRET };

function read(env: Record<string, string>) {
  const faults: string[] = [];
  return { options: subscribersFrom((name) => env[name], faults), faults };
}

describe('the options of subscribers', () => {
  it('may be all that there is', () => {
    const webhook = { ...HOOK, secret: [SECRET, SECRET], types: ['workflow_completed' as const], workflows: ['w'], batch: 10, concurrency: 1, timeoutMs: 1000, minDelayMs: 1, maxDelayMs: 2, deadAfterMs: 5 };
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ file: 'events.ndjson', webhooks: [HOOK, { ...webhook, name: 'other' }] })).toEqual([]);
    expect(faultsOf({ file: { path: 'e', maxBytes: 1024, maxFiles: 1, types: ['step_failed'], workflows: ['w'] } })).toEqual([]);
  });

  it.each([
    ['an empty path', { file: '' }, 'file must be'],
    ['a file without a path', { file: { maxFiles: 2 } }, 'file.path'],
    ['too small files', { file: { path: 'e', maxBytes: 3 } }, 'file.maxBytes must be a whole number from 1024'],
    ['an unknown field', { webhooks: [{ ...HOOK, uri: 'x' }] }, 'webhooks[0].uri is not known'],
    ['no array', { webhooks: HOOK }, 'webhooks must be an array'],
    ['no object', { webhooks: ['http://example.com'] }, 'webhooks[0] must be an object'],
    ['two of a name', { webhooks: [HOOK, HOOK] }, 'webhooks[1].name "crm" is that of an earlier one'],
    ['a name with blanks', { webhooks: [{ ...HOOK, name: 'a b' }] }, 'webhooks[0].name'],
    ['another protocol', { webhooks: [{ ...HOOK, url: 'ftp://example.com' }] }, 'webhooks[0].url'],
    ['credentials in an address', { webhooks: [{ ...HOOK, url: 'https://a:b@example.com' }] }, 'webhooks[0].url must not carry'],
    ['no secret', { webhooks: [{ ...HOOK, secret: [] }] }, 'webhooks[0].secret must be'],
    ['an unknown type', { webhooks: [{ ...HOOK, types: ['finished'] }] }, 'webhooks[0].types'],
    ['no types', { webhooks: [{ ...HOOK, types: [] }] }, 'webhooks[0].types'],
    ['a bound that is none', { webhooks: [{ ...HOOK, batch: 0 }] }, 'webhooks[0].batch must be a whole number from 1 to 100'],
    ['delays the wrong way round', { webhooks: [{ ...HOOK, maxDelayMs: 10 }] }, 'webhooks[0].minDelayMs'],
  ])('refuse %s', (_, options, fault) => {
    expect(faultsOf(options as unknown as SubscribersOptions)).toEqual([expect.stringContaining(fault)]);
  });

  it('refuse a secret that is too short, without a word of it', () => {
    const faults = faultsOf({ webhooks: [{ ...HOOK, secret: 'whsec_c2hvcnQ=' }, { ...HOOK, name: 'b', secret: 'plain-secret-that-is-long-enough' }] });
    expect(faults).toHaveLength(2);
    expect(faults.join()).not.toMatch(/c2hvcnQ|plain-secret/);
  });
});

describe('the secret of a webhook', () => {
  it.each([[23, 1], [24, 0], [64, 0], [65, 1]])('of %i bytes has %i faults', (bytes, count) => {
    expect(faultsOf({ webhooks: [{ ...HOOK, secret: `whsec_${Buffer.alloc(bytes, 7).toString('base64')}` }] })).toHaveLength(count);
  });
});

describe('the environment', () => {
  it('names a file and webhooks', () => {
    expect(read({ STEPCAST_EVENT_FILE: './e.ndjson', STEPCAST_WEBHOOKS: JSON.stringify([HOOK]) })).toEqual({ options: { file: './e.ndjson', webhooks: [HOOK] }, faults: [] });
    expect(read({})).toEqual({ options: {}, faults: [] });
  });

  it('tells what is wrong, and no secret', () => {
    expect(read({ STEPCAST_WEBHOOKS: JSON.stringify([{ ...HOOK, name: '' }]) }).faults).toEqual([expect.stringContaining('STEPCAST_WEBHOOKS[0].name')]);
    const { faults } = read({ STEPCAST_WEBHOOKS: `[{"secret": "${SECRET}"` });
    expect(faults).toEqual([expect.stringContaining('STEPCAST_WEBHOOKS must be JSON')]);
    expect(faults.join()).not.toContain(SECRET);
  });
});
