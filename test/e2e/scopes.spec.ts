import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../../src/auth/scopes.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { API, type Client } from '../support/client.js';
import { JwksServer, signed, signingKey } from '../support/jwks-server.js';

const key = signingKey('k');
const waiting = workflow('waiting', agent('g', 'gate'));
const SSE = { accept: 'text/event-stream' };
const JSON_ONLY = { accept: 'application/json' };

interface Route {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
  /** The scopes that it takes together. */
  needs: string[];
}

/** Every route, and what a credential has to be good for. */
const routes = (id: string): Route[] => [
  { method: 'GET', path: '/workflows', needs: ['workflows:run'] },
  { method: 'GET', path: '/workflows/none', needs: ['workflows:run'] },
  { method: 'POST', path: '/workflows', body: {}, needs: ['workflows:run'] },
  { method: 'DELETE', path: '/workflows/none', needs: ['workflows:run'] },
  { method: 'POST', path: '/workflows/none/executions', body: {}, headers: JSON_ONLY, needs: ['workflows:run'] },
  { method: 'POST', path: '/workflows/none/executions', body: {}, headers: SSE, needs: ['workflows:run', 'executions:read'] },
  { method: 'POST', path: '/executions', body: { workflow: {} }, headers: JSON_ONLY, needs: ['workflows:run'] },
  { method: 'POST', path: '/executions', body: { workflow: {} }, headers: SSE, needs: ['workflows:run', 'executions:read'] },
  { method: 'GET', path: '/executions', needs: ['executions:read'] },
  { method: 'GET', path: `/executions/${id}`, needs: ['executions:read'] },
  { method: 'GET', path: `/executions/${id}/stream`, needs: ['executions:read'] },
  { method: 'GET', path: `/executions/${id}/definition`, needs: ['executions:read'] },
  { method: 'GET', path: `/executions/${id}/events`, needs: ['executions:read'] },
  { method: 'POST', path: `/executions/${id}/tickets`, needs: ['executions:read'] },
  { method: 'GET', path: `/stream?executions=${id}`, needs: ['executions:read'] },
  { method: 'GET', path: '/stream', needs: ['executions:read'] },
  { method: 'POST', path: '/tickets', needs: ['executions:read'] },
  { method: 'GET', path: '/ws', needs: ['executions:read'] },
  { method: 'POST', path: `/executions/${id}/input`, body: { value: 1 }, needs: ['workflows:run'] },
  { method: 'DELETE', path: '/cache', needs: ['workflows:run'] },
  { method: 'POST', path: '/chat/none', body: {}, headers: SSE, needs: ['workflows:run', 'executions:read'] },
  { method: 'GET', path: `/chat/none/${id}/stream`, needs: ['executions:read'] },
  { method: 'POST', path: '/ag-ui/none', body: {}, headers: SSE, needs: ['workflows:run', 'executions:read'] },
  { method: 'GET', path: '/reliability', needs: ['metrics:read'] },
  { method: 'POST', path: `/executions/${id}/cancel`, needs: ['executions:cancel'] },
];

describe.each<Platform>(['express', 'fastify'])('scopes, on %s', (platform) => {
  let issuer: JwksServer;
  let app: TestApp;
  beforeAll(async () => {
    issuer = await JwksServer.start(key);
    app = await TestApp.start({ platform, streaming: { jwt: { jwksUrl: issuer.url } } });
  });
  afterAll(async () => {
    await app.close();
    await issuer.close();
  });

  const carol = async (claims: object): Promise<Client> => app.as({ authorization: `Bearer ${await signed(key, { ...claims })}` });
  const answer = async (client: Client, { method, path, body, headers }: Route) => {
    const reader = await client.open(path, { method, body, headers: { accept: '*/*', ...headers } });
    const text = reader.status === 200 && String(reader.headers['content-type']).includes('event-stream') ? (reader.close(), '') : await reader.body();
    return { status: reader.status, text };
  };

  it('are asked for by every route: with all but one of those it takes, it is 403 and names that one; with them, it is not', async () => {
    const id = await (await carol({})).start(waiting);
    const all = routes(id);
    for (const route of all) {
      for (const missing of route.needs) {
        const { status, text } = await answer(await carol({ scope: SCOPES.filter((scope) => scope !== missing).join(' ') }), route);
        expect([route.method, route.path, status]).toEqual([route.method, route.path, 403]);
        expect(JSON.parse(text)).toMatchObject({ code: 'forbidden', detail: expect.stringContaining(`"${missing}"`) });
      }
      const { status } = await answer(await carol({ scopes: route.needs }), route);
      expect([route.method, route.path, status]).not.toEqual([route.method, route.path, 403]);
    }
    // None was forgotten.
    const { stack } = platform === 'express' ? (app.nest.getHttpAdapter().getInstance() as { router: { stack: { route?: { path: string; methods: object } }[] } }).router : { stack: [] };
    const registered = new Set(stack.flatMap(({ route }) => (route?.path.startsWith(API) ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path.slice(API.length)}`) : [])));
    const covered = new Set(all.map(({ method, path }) => `${method} ${path.split('?')[0]?.replace(id, ':id').replace('none', ':name') as string}`));
    expect([...registered].filter((route) => !covered.has(route) && !route.includes('/keys')).sort()).toEqual([]);
  });

  it('limit what nobody may see to 403 before 404: nothing is told of what is there', async () => {
    const id = await app.alice.start(waiting);
    const limited = await carol({ scope: 'workflows:run' });
    const [foreign, unknown] = [await limited.get(`/executions/${id}`), await limited.get('/executions/none')];
    expect([foreign.status, foreign.text]).toEqual([403, unknown.text]);
    app.stage.gate(id, 'g').open();
  });

  it('limit an admin too, and leave him the rights of one in them', async () => {
    const id = await app.alice.start(waiting);
    const reader = await carol({ roles: ['admin'], scope: 'executions:read' });
    expect((await reader.get(`/executions/${id}`)).status).toBe(200);
    expect((await reader.post(`/executions/${id}/cancel`)).status).toBe(403);
    for (const [method, path] of [['GET', '/keys'], ['POST', '/keys'], ['DELETE', '/keys/x']] as const) expect([path, (await reader.request(method, path, { body: { user: 'x' } })).status]).toEqual([path, 403]);
    app.stage.gate(id, 'g').open();
  });

  it('go with a ticket: it opens what its credential would have, and is not wider', async () => {
    const id = await (await carol({})).start(waiting);
    const { ticket } = (await (await carol({ scope: 'executions:read' })).post(`/executions/${id}/tickets`)).json as { ticket: string };
    const reader = await app.as(undefined).openExecution(id, `?ticket=${ticket}`);
    expect(reader.status).toBe(200);
    reader.close();
    app.stage.gate(id, 'g').open();
  });
});
