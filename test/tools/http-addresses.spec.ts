import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, retry } from '../../src/orchestration/definition/builder.js';
import { of } from '../support/assert-whole.js';
import { ToolsApp } from './support/tools.app.js';
import { Forbidden, Web } from './support/web.js';

let tools: ToolsApp;
let forbidden: Forbidden;
/** The only host that is allowed, with its port. */
let web: Web;
beforeAll(async () => {
  forbidden = await Forbidden.start();
  web = await Web.start();
  tools = await ToolsApp.start({ allowedHosts: [`127.0.0.1:${web.port}`] });
});
afterAll(async () => {
  await tools.close();
  await forbidden.close();
  await web.close();
});

const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []).find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2';

describe('the agent http does not connect', () => {
  it.each([
    '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.1', '①②⑦.⓪.⓪.①', '127.8.9.10', '0.0.0.0', '0', 'localhost', 'LOCALHOST', own,
    '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]',
  ])('to the machine it runs on: %s', async (host) => {
    expect(await tools.httpError({ method: 'POST', url: `http://${host}:${forbidden.port}/`, body: 'x' })).toMatchObject({
      code: 'address_refused', retryable: false, message: expect.stringMatching(/ (is|stands for) .*, which the http agent does not connect to; where it shall, add \S+ to LLM_HTTP_ALLOWED_HOSTS/),
    });
    expect(await forbidden.visitors()).toBe(0);
  });

  it.each(['169.254.169.254', '[fd00:ec2::254]', '168.63.129.16', '100.100.100.200', '10.0.0.1', '172.16.0.1', '192.168.0.1', '224.0.0.1', '255.255.255.255', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fe80::1]', '[ff02::1]'])(
    'to what is no public address: %s',
    async (host) => {
      expect(await tools.httpError({ url: `http://${host}/latest/meta-data/` })).toMatchObject({ code: 'address_refused', retryable: false });
    },
  );

  it.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['10.1.2.3'], ['169.254.169.254'], ['10.1.2.3', '127.0.0.1', '::1'], ['0.0.0.0']])('to a name that stands for such an address: %s', async (...addresses) => {
    tools.names.set('harmless.example', ...addresses);
    const { code, message } = await tools.httpError({ url: `http://harmless.example:${forbidden.port}/` });
    expect([code, message]).toEqual(['address_refused', expect.stringMatching(/^harmless\.example stands for an? \S+ address, /)]);
    // Names inside the network are no business of those outside.
    for (const address of addresses) expect(message).not.toContain(address);
    expect(await forbidden.visitors()).toBe(0);
  });

  it('to another port of a host that is allowed with one', async () => {
    web.serves('/', 'welcome');
    expect(await tools.http({ url: web.url() })).toMatchObject({ body: 'welcome' });
    expect(await tools.httpError({ url: `http://127.0.0.1:${forbidden.port}/` })).toMatchObject({ code: 'address_refused' });
    expect(await forbidden.visitors()).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])('to where a redirect (%d) leads it, by address or by name', async (status) => {
    tools.names.set('harmless.example', '127.0.0.1');
    for (const host of ['127.0.0.1', '2130706433', '[::1]', 'localhost', 'harmless.example']) {
      web.serves('/out', '', { location: `http://${host}:${forbidden.port}/` }, status);
      expect(await tools.httpError({ method: 'POST', url: web.url('/out'), body: 'x' })).toMatchObject({ code: 'address_refused', retryable: false });
    }
    expect(await forbidden.visitors()).toBe(0);
  });

  it.each(['file:///etc/passwd', 'gopher://127.0.0.1:25/_x', 'data:text/plain,x', 'http://user:word@127.0.0.1/'])('to where no request can go: a redirect to %s', async (location) => {
    web.serves('/out', '', { location }, 302);
    expect(await tools.httpError({ url: web.url('/out') })).toMatchObject({ code: 'address_refused', message: expect.stringMatching(/redirects to where no request can go/) });
  });

  it('once more: a retry does not try what is refused', async () => {
    const events = await tools.run(retry('r', { maxAttempts: 5 }, agent('h', 'http', { input: { url: `http://127.0.0.1:${forbidden.port}/` } })));
    expect(of(events, 'step_retrying')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'address_refused' } } });
  });
});
