/** The example app, over real HTTP on both platforms, on the package as it is built. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { createApp } from '../examples/nest-app/app.js';
import { Approvals } from '../examples/nest-app/orders/approvals.js';
import { Carrier } from '../examples/nest-app/orders/carrier.js';
import { Client } from './support/client.js';
import { type EventReader } from './support/sse.js';
import { eventually, within } from './support/patience.js';

const LAMPS = { customer: 'Rosa Luz', country: 'CH', lines: [{ sku: 'lamp', quantity: 2 }, { sku: 'chair', quantity: 1 }] };
const DESKS = { customer: 'Rosa Luz', country: 'DE', lines: [{ sku: 'desk', quantity: 2 }] };
const LETTER = [
  'Dear Rosa Luz,', 'your order is on its way:', '  2 x Desk lamp, 98.00 EUR', '  1 x Swivel chair, 219.00 EUR', '  customs duty, 25.68 EUR',
  'Total: 342.68 EUR. Tracking number: CH',
].join('\n');

const staff = (token: string) => ({ authorization: `Bearer ${token}` });
const lines = (reader: EventReader) => reader.frames.map(({ data }) => JSON.parse(data as string) as { text?: string; line?: string; progress?: number });

describe.each(['express', 'fastify'] as const)('the example app on %s', (platform) => {
  let dataDir: string;
  let app: INestApplication;
  let anna: Client;
  let ben: Client;

  const start = async () => {
    app = await createApp(platform, { logger: ['error'] });
    await app.listen(0, '127.0.0.1');
    const base = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
    anna = new Client(base, staff('anna-token'));
    ben = new Client(base, staff('ben-token'));
  };
  const place = async (order: object): Promise<string> => {
    const answer = await anna.post('//orders', order);
    expect(answer.status).toBe(202);
    return (answer.json as { id: string }).id;
  };

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'stepcast-nest-app-'));
    process.env['DATA_DIR'] = dataDir;
    await start();
  });
  afterEach(async () => {
    await within(app.close(), 'the end of the app');
    delete process.env['DATA_DIR'];
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('carries an order out and streams it line by line, by agents with what they need injected', async () => {
    const id = await place(LAMPS);
    const reader = await anna.open(`//orders/${id}/events`);
    await reader.whenEnded();
    expect(reader.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(lines(reader).map(({ text }) => text ?? '').join('')).toContain(LETTER);
    expect(lines(reader).map(({ line }) => line)).toEqual(expect.arrayContaining(['Skipped approve', expect.stringMatching(/^Attempt 1 of 3 of book failed/), 'Completed dispatch']));
    expect(app.get(Carrier).booked).toBe(1);
    const { json } = await anna.get(`//orders/${id}`);
    expect(json).toMatchObject({ status: 'completed', progress: 1, result: { tracking: expect.stringMatching(/^CH[0-9A-F]{10}$/), letter: expect.stringContaining(LETTER) } });
  });

  it('goes on after the last id, and answers 204 after the end', async () => {
    const id = await place(LAMPS);
    const whole = await anna.open(`//orders/${id}/events`);
    await whole.whenEnded();
    const rest = await anna.open(`//orders/${id}/events`, { headers: { 'last-event-id': '20' } });
    await rest.whenEnded();
    expect(rest.frames.map(({ raw }) => raw)).toEqual(whole.frames.slice(20).map(({ raw }) => raw));
    const last = whole.frames.at(-1)?.id as string;
    expect((await anna.get(`//orders/${id}/events`, { 'last-event-id': last })).status).toBe(204);
    expect(await anna.get(`//orders/${id}/events`, { 'last-event-id': '9999' })).toMatchObject({ status: 400, json: { code: 'invalid_cursor' } });
  });

  it('waits for a person where an order is large, over a restart too', async () => {
    const id = await place(DESKS);
    const before = await anna.open(`//orders/${id}/events`);
    await before.until(({ data }) => data?.includes('Ship to Rosa Luz for 129800 cents? Not in stock: []') ?? false);
    expect((await anna.get(`//orders/${id}`)).json).toMatchObject({ status: 'waiting', activeSteps: ['release', 'release/approve'] });
    const { letters } = app.get(Approvals);
    await eventually(() => letters.size > 0, 'the letter to the staff');
    expect([...letters.values()]).toEqual([expect.stringContaining('Ship to Rosa Luz for 129800 cents?')]);

    await within(app.close(), 'the end of the app while a stream is open');
    expect(await before.whenEnded()).toBe('end');
    await start();

    const after = await anna.open(`//orders/${id}/events`, { headers: { 'last-event-id': before.frames.at(-1)?.id as string } });
    await after.until(({ data }) => data?.includes('Ship to Rosa Luz') ?? false);
    expect(await anna.post(`//orders/${id}/approval`, { approved: 'yes' })).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
    expect((await anna.post(`//orders/${id}/approval`, { approved: true })).status).toBe(202);
    await after.whenEnded();
    expect(lines(after)[0]).toMatchObject({ line: 'Resumed dispatch' });
    const seqs = [...before.frames, ...after.frames].map((frame) => Number(frame.id));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(seqs);
    expect((await anna.get(`//orders/${id}`)).json).toMatchObject({ status: 'completed', result: { tracking: expect.stringMatching(/^DE/) } });
  });

  it('refuses an order that its DTO refuses, and tells every fault', async () => {
    const answer = await anna.post('//orders', { customer: '', country: 'XX', lines: [{ sku: 'lamp', quantity: 0 }] });
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_input' } });
    expect((answer.json as { errors: { path: string }[] }).errors.map(({ path }) => path)).toEqual(['/input/customer', '/input/country', '/input/lines/0/quantity']);
    const { json } = await anna.get('/workflows/dispatch');
    expect(json).toMatchObject({ origin: 'code', inputSchema: { required: ['customer', 'country', 'lines'], $defs: { OrderLine: { required: ['sku', 'quantity'] } } } });
  });

  it('tells the failure of an agent with its code as the cause', async () => {
    const id = await place({ ...LAMPS, lines: [{ sku: 'sofa', quantity: 1 }] });
    await (await anna.openExecution(id)).whenEnded();
    expect((await anna.status(id)).error).toEqual({ code: 'agent_failed', message: 'there is no article sofa', stepId: 'price', cause: 'UNKNOWN_ARTICLE' });
  });

  it('runs a workflow that is built for one request', async () => {
    expect(await anna.post('//orders/quote', DESKS)).toMatchObject({ status: 200, json: { total: 123_310 }, headers: { 'ratelimit-policy': '"quote";q=30;w=60' } });
    expect((await anna.post('//orders', LAMPS)).headers['ratelimit-policy']).toBe('"default";q=300;w=60');
    expect(await anna.post('//orders/quote', { lines: [{ sku: 'sofa', quantity: 1 }] })).toMatchObject({ status: 400, json: { code: 'invalid_input', detail: 'there is no article sofa' } });
  });

  it('has its tool called by a step, and its stock taken as an operation', async () => {
    const id = await anna.start({ name: 'ask', steps: [{ type: 'agent', name: 'look', agent: 'tool', input: { tool: 'stock', input: { sku: 'desk' } } }] });
    const asked = await anna.openExecution(id);
    await asked.whenEnded();
    expect(asked.events.map(({ type }) => type)).toEqual(expect.arrayContaining(['tool_call', 'tool_result']));
    expect(asked.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { name: 'Oak desk', stock: 3 } } });

    const { json } = await anna.post('//orders/stocktaking', {});
    const counted = await anna.openExecution((json as { id: string }).id);
    await counted.whenEnded();
    expect(counted.events.flatMap((event) => (event.type === 'step_progress' ? [event.data.metadata] : []))).toMatchObject([{ name: 'Desk lamp' }, { name: 'Oak desk' }, { name: 'Swivel chair' }]);
    expect(counted.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { articles: 3 } } });
  });

  it('cancels', async () => {
    const id = await place(DESKS);
    const reader = await anna.openExecution(id);
    await reader.untilEvent('input_required');
    expect((await anna.request('DELETE', `//orders/${id}`)).status).toBe(204);
    await reader.whenEnded();
    expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'called off by anna' } });
  });

  it('knows its users by its own authenticator, on its routes and on those of the module', async () => {
    const id = await place(LAMPS);
    for (const path of [`//orders/${id}`, `/executions/${id}`, `/executions/${id}/stream`]) {
      expect((await ben.get(path)).status).toBe(404);
      expect((await new Client(anna.base, undefined).get(path)).status).toBe(401);
    }
    expect(await ben.get(`//orders/${id}/events`)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect((await anna.request('DELETE', '//session')).status).toBe(204);
    expect((await anna.get(`//orders/${id}`)).status).toBe(401);
  });
});
