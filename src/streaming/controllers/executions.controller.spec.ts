import { type ApplicationConfig } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine } from '../../../test/support/engine.js';
import { MemoryTicketStore } from '../../auth/ticket.store.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { agent } from '../../orchestration/definition/builder.js';
import { type HttpRequest } from '../http/http.types.js';
import { Links } from '../http/links.js';
import { type StartResponder } from '../http/start.responder.js';
import { AuditLog } from '../audit.log.js';
import { ExecutionsController } from './executions.controller.js';

interface EventPage {
  events: ExecutionEvent[];
  lastSeq: number;
  terminal: boolean;
}

describe('GET /executions/:id/events', () => {
  let engine: Engine;
  let controller: ExecutionsController;
  beforeEach(async () => {
    engine = await new Engine({ maxOutputBytes: 4 * 1024 * 1024, agents: { large: () => 'x'.repeat(3 * 1024 * 1024) } }).open();
    const links = new Links({ getGlobalPrefix: () => '' } as ApplicationConfig, 'api/v1');
    controller = new ExecutionsController(engine.journal, engine.catalog, engine.executions, new MemoryTicketStore(), links, {} as StartResponder, new AuditLog());
  });
  afterEach(() => engine.close());

  const page = async (id: string, query: Record<string, string> = {}) =>
    JSON.parse(await controller.events({ execution: await engine.executions.get(id), query } as unknown as HttpRequest)) as EventPage;

  it('gives the stored texts, and says where the log ends and whether that is for good', async () => {
    const id = await engine.start([agent('echo'), { type: 'input', name: 'ask' }], 'in');
    await engine.told(id, 'input_required');
    expect(await page(id)).toEqual({ events: await engine.log(id), lastSeq: 5, terminal: false });
    await engine.executions.answer(id, undefined, 1);
    const log = await engine.ended(id);
    expect(await page(id, { after: '6', limit: '1' })).toEqual({ events: [log[6]], lastSeq: 8, terminal: false });
    expect(await page(id, { after: '7' })).toEqual({ events: [log[7]], lastSeq: 8, terminal: true });
    expect(await page(id, { after: '8' })).toEqual({ events: [], lastSeq: 8, terminal: true });
  });

  it('gives a page no more than can be held, and at least an event, however large they are', async () => {
    const id = await engine.start(['a', 'b', 'c', 'd', 'e'].map((name) => agent(name, 'large')));
    const log = await engine.ended(id);
    const seen: ExecutionEvent[] = [];
    let pages = 0;
    for (let terminal = false; !terminal; pages++) {
      const next = await page(id, { after: String(seen.length), limit: '1000' });
      expect(next.events.length).toBeGreaterThan(0);
      expect(JSON.stringify(next.events).length).toBeLessThan(12 * 1024 * 1024);
      seen.push(...next.events);
      ({ terminal } = next);
    }
    expect(seen).toEqual(log);
    expect(pages).toBeGreaterThan(1);
  });
});
