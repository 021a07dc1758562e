import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryTicketStore, TICKET_LIFETIME_MS, TicketStore } from '../../src/auth/ticket.store.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { type Client } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';

interface Ticket {
  ticket: string;
  expiresAt: string;
  streamUrl: string;
}

const waiting = workflow('waiting', agent('g', 'gate'));
const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 60, intervalMs: 1 } }));

describe.each<Platform>(['express', 'fastify'])('tickets, on %s', (platform) => {
  let app: TestApp;
  /** Their time goes on only where a test says so. */
  const startedAt = Date.now();
  let aheadMs = 0;
  let nobody: Client;
  beforeAll(async () => {
    const store = new MemoryTicketStore({ now: () => startedAt + aheadMs, ticks: () => aheadMs });
    app = await TestApp.start({ platform, override: (builder) => builder.overrideProvider(TicketStore).useValue(store) });
    nobody = app.as(undefined);
  });
  afterAll(() => app.close());

  const issue = async (path: string, client = app.alice): Promise<Ticket> => {
    const answer = await client.post(path);
    expect(answer.status).toBe(201);
    return answer.json as Ticket;
  };
  const url = (path: string, { ticket }: Ticket) => `${path}?ticket=${encodeURIComponent(ticket)}`;
  const opens = async (path: string, ticket: Ticket): Promise<number> => {
    const reader = await nobody.open(url(path, ticket));
    reader.close();
    return reader.status;
  };

  it('open the stream that their streamUrl names, to whoever has them', async () => {
    const id = await app.alice.start(tokens);
    const ticket = await issue(`/executions/${id}/tickets`);
    expect(ticket.streamUrl).toMatch(new RegExp(`^/api/v1/executions/${id}/stream\\?ticket=`));
    expect(Date.parse(ticket.expiresAt)).toBe(startedAt + TICKET_LIFETIME_MS);
    const reader = await nobody.open(`/${ticket.streamUrl}`);
    await reader.whenEnded();
    assertWhole(reader.events);
  });

  it('are asked for without fields: one that is passed by may be a wish for less', async () => {
    const id = await app.alice.start(waiting);
    for (const path of ['/tickets', `/executions/${id}/tickets`]) {
      expect(await app.alice.post(path, { expiresInMs: 1000 })).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path: '/expiresInMs' }] } });
    }
    app.stage.gate(id, 'g').open();
  });

  it('open it once, however many try at the same time', async () => {
    const id = await app.alice.start(waiting);
    const ticket = await issue(`/executions/${id}/tickets`);
    const statuses = await Promise.all(Array.from({ length: 10 }, () => opens(`/executions/${id}/stream`, ticket)));
    expect(statuses.toSorted()).toEqual([200, ...Array<number>(9).fill(401)]);
    expect(await opens(`/executions/${id}/stream`, ticket)).toBe(401);
    app.stage.gate(id, 'g').open();
  });

  it('open no other stream, and stay good for their own', async () => {
    const [id, other] = [await app.alice.start(waiting), await app.alice.start(waiting)];
    const [one, all] = [await issue(`/executions/${id}/tickets`), await issue('/tickets')];
    expect(all.streamUrl).toMatch(/^\/api\/v1\/stream\?ticket=/);
    expect(await opens(`/executions/${other}/stream`, one)).toBe(401);
    expect(await opens('/stream', one)).toBe(401);
    expect(await opens(`/executions/${id}/stream`, all)).toBe(401);
    expect(await opens(`/executions/${id}/stream`, one)).toBe(200);
    expect(await opens('/stream', all)).toBe(200);
    for (const each of [id, other]) app.stage.gate(each, 'g').open();
  });

  it('for all of one\'s own open some of them as well, and nothing of others', async () => {
    const [own, foreign] = [await app.alice.start(waiting), await app.bob.start(waiting)];
    expect((await nobody.open(`/stream?executions=${own}&ticket=${(await issue('/tickets')).ticket}`)).status).toBe(200);
    expect((await nobody.open(`/stream?executions=${foreign}&ticket=${(await issue('/tickets')).ticket}`)).status).toBe(404);
    for (const each of [own, foreign]) app.stage.gate(each, 'g').open();
  });

  it('are void after a minute', async () => {
    const id = await app.alice.start(waiting);
    const [late, inTime] = [await issue(`/executions/${id}/tickets`), await issue(`/executions/${id}/tickets`)];
    aheadMs = TICKET_LIFETIME_MS - 1;
    expect(await opens(`/executions/${id}/stream`, inTime)).toBe(200);
    aheadMs = TICKET_LIFETIME_MS;
    expect(await opens(`/executions/${id}/stream`, late)).toBe(401);
    aheadMs = 0;
    app.stage.gate(id, 'g').open();
  });

  it('open nothing but streams', async () => {
    const id = await app.alice.start(waiting);
    const ticket = await issue(`/executions/${id}/tickets`);
    const routes = [
      ['GET', `/executions/${id}`], ['GET', `/executions/${id}/events`], ['GET', `/executions/${id}/definition`], ['POST', `/executions/${id}/cancel`], ['POST', `/executions/${id}/tickets`],
      ['POST', '/tickets'], ['GET', '/executions'], ['GET', '/workflows'], ['POST', '/executions'],
    ] as const;
    for (const [method, path] of routes) expect([path, (await nobody.request(method, url(path, ticket))).status]).toEqual([path, 401]);
    expect(await opens(`/executions/${id}/stream`, ticket)).toBe(200);
    app.stage.gate(id, 'g').open();
  });

  it('that are none are 401, and a header outweighs a ticket', async () => {
    const id = await app.alice.start(waiting);
    for (const query of ['?ticket=', '?ticket=tkt_x', '?ticket=a&ticket=b']) {
      expect([query, [401, 400].includes((await nobody.get(`/executions/${id}/stream${query}`)).status)]).toEqual([query, true]);
    }
    const ticket = await issue(`/executions/${id}/tickets`);
    expect((await app.bob.get(url(`/executions/${id}/stream`, ticket))).status).toBe(404);
    expect(await opens(`/executions/${id}/stream`, ticket)).toBe(200);
    app.stage.gate(id, 'g').open();
  });

  it('are given to owners and admins alone', async () => {
    const id = await app.alice.start(waiting);
    expect((await app.bob.post(`/executions/${id}/tickets`)).status).toBe(404);
    const admins = await issue(`/executions/${id}/tickets`, app.root);
    expect(await opens(`/executions/${id}/stream`, admins)).toBe(200);
    app.stage.gate(id, 'g').open();
  });

  it('let a browser without headers follow over cuts, with a new one for each connection', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 3000;
      const id = await app.alice.start(tokens);
      const browser = new Browser('http://unused.invalid/', { urlOf: async () => `${proxy.base}${(await issue(`/executions/${id}/tickets`)).streamUrl}` });
      await browser.whenClosed();
      assertWhole(browser.events);
      expect(browser.connections.length).toBeGreaterThan(4);
    } finally {
      await proxy.close();
    }
  });
});
