import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { KEYS } from '../support/client.js';
import { tempDir } from '../support/app.js';
import { eventually, within } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

let service: ServiceProcess;
afterEach(() => service.dispose());

describe('the service as a process', () => {
  it('shows its health, its API and, to admins, its metrics', async () => {
    service = await ServiceProcess.start({ env: { STEPCAST_CORS_ORIGINS: 'https://app.example' } });
    const [nobody, alice] = [service.as(undefined), service.as('alice')];
    for (const path of ['//health/live', '//health/ready']) expect(await nobody.get(path)).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect((await nobody.get('//docs-json')).json.paths).toHaveProperty('/api/v1/executions/{id}/stream');
    expect(await nobody.get('//metrics')).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    const id = await alice.start(workflow('counted', agent('t', 'tokens', { input: { count: 3 } })));
    assertWhole(await alice.follow(id));
    expect(await alice.get('//metrics')).toMatchObject({ status: 403, json: { code: 'forbidden', detail: expect.stringContaining('"metrics:read"') } });
    const metrics = (await service.as('root').get('//metrics')).text;
    expect(metrics).toMatch(/^stepcast_executions_started_total\{workflow="adhoc"\} 1$/m);
    expect(metrics).toMatch(/^stepcast_executions_finished_total\{workflow="adhoc",status="completed"\} 1$/m);
    expect(metrics).toMatch(/^stepcast_events_total\{type="step_output"\} 3$/m);

    const preflight = (origin: string) => nobody.request('OPTIONS', '/executions', { headers: { origin, 'access-control-request-method': 'POST' } });
    expect((await preflight('https://app.example')).headers['access-control-allow-origin']).toBe('https://app.example');
    expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('ships a workflow that runs without any model, key or network', async () => {
    service = await ServiceProcess.start();
    const alice = service.as('alice');
    const text = 'The tide rises twice a day. The moon pulls the water, and the water follows the moon. Ports plan their ships by the tide. A captain who forgets the tide waits for the water.';
    const events = await alice.follow(await alice.start('brief', { text, sentences: 1 }));
    assertWhole(events);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { summary: expect.stringMatching(/tide|moon/) } } });
    expect(await alice.post('/workflows/brief/executions', { input: { text: 1 } })).toMatchObject({ status: 400, json: { code: 'invalid_input', errors: [{ path: '/input/text' }] } });
  });

  it('writes no key, token or ticket into its log', async () => {
    service = await ServiceProcess.start();
    const alice = service.as('alice');
    const id = await alice.start(workflow('secret', agent('e', 'echo')));
    const { ticket } = (await alice.post(`/executions/${id}/tickets`)).json as { ticket: string };
    for (const client of [service.as({ 'x-api-key': 'guessed-key-in-a-log' }), service.as({ authorization: 'Bearer guessed.token.inalog' })]) await client.get('/executions');
    await service.as(undefined).get(`/executions/nothing/stream?ticket=${ticket}`);
    await service.as(undefined).get(`/executions/${id}/stream?from=x&ticket=${ticket}`);
    await service.end();
    expect(service.output).toContain('"statusCode":401');
    for (const secret of [...Object.values(KEYS), ticket, 'guessed-key-in-a-log', 'guessed.token.inalog']) expect(service.output).not.toContain(secret);
  });

  it('with a wrong environment does not start, and tells each fault in a line', async () => {
    const wrong = {
      STEPCAST_NO_SUCH: '1', STEPCAST_HEARTBEAT_MS: 'soon', STEPCAST_RETENTION_MS: '-1', STEPCAST_RATE_LIMIT: '5', STEPCAST_MAX_STREAMS_PER_USER: '0',
      STEPCAST_JWT_SECRET: 'short', STEPCAST_REDIS_URL: 'redis://localhost', STEPCAST_CORS_ORIGINS: 'app.example', STEPCAST_API_KEYS: 'alice', PORT: '70000',
    };
    service = ServiceProcess.spawn({ env: wrong });
    expect((await within(service.exited, 'its end')).code).toBe(1);
    const lines = service.output.trim().split('\n');
    expect(lines).toHaveLength(Object.keys(wrong).length);
    for (const name of Object.keys(wrong)) expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^stepcast: ${name}\\b`)));
  });

  it('does not start where it cannot listen, and tells in one line what to do', async () => {
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const { port } = taken.address() as AddressInfo;
    try {
      service = ServiceProcess.spawn({ port });
      expect(await within(service.exited, 'its end')).toMatchObject({ code: 1 });
      expect(service.output).toContain(`stepcast: port ${port} of 127.0.0.1 is taken by another process; end that one, or set PORT to a free port\n`);
      expect(service.output).not.toContain('    at ');
      await service.dispose();
      service = ServiceProcess.spawn({ env: { HOST: '192.0.2.1' } });
      expect(await within(service.exited, 'its end')).toMatchObject({ code: 1 });
      expect(service.output).toContain('stepcast: 192.0.2.1 is no address of this machine; set HOST to one, say 127.0.0.1\n');
    } finally {
      await new Promise((closed) => taken.close(closed));
    }
  });

  it('whose journal cannot be used yet tells why and what then, and welcomes when it can', async () => {
    const dataDir = tempDir();
    mkdirSync(join(dataDir, 'stepcast.db'));
    service = ServiceProcess.spawn({ dataDir });
    await eventually(() => service.output.includes('Stepcast is not yet ready at http://127.0.0.1:'), 'the reason');
    expect(service.output).not.toContain('curl');
    rmSync(join(dataDir, 'stepcast.db'), { recursive: true });
    await eventually(() => service.output.includes('Stepcast is ready at http://127.0.0.1:'), 'the welcome');
    await eventually(() => /^curl -N /m.test(service.output), 'how to try it');
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['tokens of a secret', { STEPCAST_API_KEYS: undefined, STEPCAST_JWT_SECRET: 'a secret of thirty-two bytes, or more' }, 'Authorization: Bearer $TOKEN'],
    ['tokens of an issuer', { STEPCAST_API_KEYS: undefined, STEPCAST_JWKS_URL: 'http://127.0.0.1:9/jwks' }, 'Authorization: Bearer $TOKEN'],
    ['keys and tokens', { STEPCAST_JWT_SECRET: 'a secret of thirty-two bytes, or more' }, 'X-API-Key: $STEPCAST_API_KEY'],
  ])('with %s says how to try it with one', async (_what, env, header) => {
    service = ServiceProcess.spawn({ env });
    expect(await eventually(() => /^curl -N \S+ -H "([^"]+)" .+\n.+\n/m.exec(service.output)?.[1], 'how to try it')).toBe(header);
  });

  it('tells an older Node in one line which one it needs, before it loads what that lacks', async () => {
    const dataDir = tempDir();
    const preload = join(dataDir, 'older.mjs');
    writeFileSync(preload, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });");
    service = ServiceProcess.spawn({ dataDir, preload, env: { NODE_OPTIONS: '--no-experimental-sqlite' } });
    expect((await within(service.exited, 'its end')).code).toBe(1);
    expect(service.output).toMatch(/^stepcast: the service needs Node 22\.13 or later, but this is .+\n$/);
  });

  it('in production without keys or tokens does not start', async () => {
    service = ServiceProcess.spawn({ env: { STEPCAST_API_KEYS: undefined, NODE_ENV: 'production' } });
    expect((await within(service.exited, 'its end')).code).toBe(1);
    expect(service.output.trim().split('\n')).toEqual([expect.stringMatching(/^stepcast: STEPCAST_API_KEYS or STEPCAST_JWT_SECRET /)]);
  });

  it('without keys makes one for its developer, and keeps it to itself and to the next start', async () => {
    service = await ServiceProcess.start({ env: { STEPCAST_API_KEYS: undefined } });
    const file = join(service.dataDir, 'development.key');
    const key = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(service.output).toContain(key);
    expect((await service.as({ 'x-api-key': key }).get('/executions')).status).toBe(200);
    expect((await service.as(undefined).get('/executions')).status).toBe(401);
    await service.end();
    service = await service.restart();
    expect((await service.as({ 'x-api-key': key }).get('/executions')).status).toBe(200);
  });
});
