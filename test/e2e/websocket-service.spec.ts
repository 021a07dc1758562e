/** WebSockets of the service as a process: its end and its next start, what it writes down, what it loads. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { assertEachWhole, of } from '../support/assert-whole.js';
import { KEYS } from '../support/client.js';
import { ServiceProcess } from '../support/process.js';
import { SocketClient } from '../support/socket.js';

/** A minute of them, so that they are not done before the service ends. */
const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 600, intervalMs: 100 } }));
const asking = workflow('asking', input('ask'));

let service: ServiceProcess;
afterEach(() => service.dispose());

const loaded = () => /^loaded packages: (.*)$/m.exec(service.output)?.[1]?.split(' ') ?? [];

describe('WebSockets of the service', () => {
  it('P16 are closed with 1001 on SIGTERM, and what they followed goes on at the next start without a seam', async () => {
    service = await ServiceProcess.start({ preload: 'test/support/second-life.mjs' });
    const alice = service.as('alice');
    const ids = [await alice.start(tokens), await alice.start(asking)] as const;
    const [socket, mute] = [await SocketClient.open(service.base, { user: 'alice' }), await SocketClient.open(service.base, { user: 'alice' })];
    for (const executionId of ids) await socket.ask({ type: 'subscribe', executionId });
    await socket.untilEvent('step_output', 't');
    await socket.untilEvent('input_required', 'ask');
    mute.pause();
    expect(await service.end()).toEqual({ code: 0, signal: null });
    expect((await socket.whenClosed()).code).toBe(1001);
    mute.resume();
    for (const id of ids) expect(socket.eventsOf(id).at(-1)?.type).toBe('checkpoint_saved');

    service = await service.restart();
    const again = await SocketClient.open(service.base, { user: 'alice' });
    for (const executionId of ids) expect(await again.ask({ type: 'subscribe', executionId, after: socket.eventsOf(executionId).at(-1)?.seq as number })).toMatchObject({ type: 'subscribed' });
    await again.untilEvent('input_required', 'ask');
    expect(await again.ask({ type: 'input', executionId: ids[1], value: 'yes' })).toMatchObject({ type: 'accepted' });
    for (const id of ids) await again.untilEnded(id);
    const events = [...socket.events, ...again.events];
    assertEachWhole(events, ids);
    expect(of(events, 'workflow_resumed')).toHaveLength(2);
    again.close();
  });

  it('leave the lines of the routes in the audit log, and no secret anywhere', async () => {
    service = await ServiceProcess.start();
    const alice = service.as('alice');
    const id = await alice.start(asking);
    const { ticket } = (await alice.post('/tickets')).json as { ticket: string };
    await SocketClient.refused(service.base, { headers: { 'x-api-key': 'not-a-key-of-anyone' } });
    await SocketClient.refused(service.base, { user: 'alice', headers: { origin: 'https://evil.example.com' } });
    const [own, foreign] = [await SocketClient.open(service.base, { path: `/api/v1/ws?ticket=${ticket}`, headers: { 'x-request-id': 'mine' } }), await SocketClient.open(service.base, { user: 'bob' })];
    expect(own.headers['x-request-id']).toBe('mine');
    await own.ask({ type: 'subscribe', executionId: id });
    await own.untilEvent('input_required');
    await foreign.ask({ type: 'input', executionId: id, value: 'not mine' });
    await own.ask({ type: 'input', executionId: id, value: 'an answer' });
    await own.untilEnded(id);
    const long = await alice.start(asking);
    await own.ask({ type: 'cancel', executionId: long, reason: 'a reason' });
    for (const socket of [own, foreign]) socket.close();
    await service.end();
    const lines = service.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, string>).filter(({ audit }) => audit);
    // Not in their order, which is that of the logger's writes.
    const expected = [
      { action: 'start', outcome: 'accepted', user: 'alice', execution: id },
      { action: 'ticket', outcome: 'accepted', user: 'alice' },
      { action: 'request', outcome: 'unauthenticated' },
      { action: 'request', outcome: 'forbidden' },
      { action: 'input', outcome: 'not_found', user: 'bob', execution: id, owner: 'alice', method: 'GET', path: '/api/v1/ws' },
      { action: 'input', outcome: 'accepted', user: 'alice', execution: id, requestId: 'mine' },
      { action: 'start', outcome: 'accepted', user: 'alice', execution: long },
      { action: 'cancel', outcome: 'accepted', user: 'alice', execution: long, requestId: 'mine' },
    ];
    expect(lines).toHaveLength(expected.length);
    expect(lines).toEqual(expect.arrayContaining(expected.map((line) => expect.objectContaining({ ...line, address: expect.stringContaining('127.0.0.1') }))));
    for (const secret of [...Object.values(KEYS), ticket, 'not-a-key-of-anyone', 'an answer', 'not mine']) expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
  });

  it('are loaded with the first of them, and pages of allowed origins may open them', async () => {
    service = await ServiceProcess.start({ preload: 'test/support/loaded-packages.mjs', env: { STEPCAST_CORS_ORIGINS: 'https://app.example.com' } });
    const socket = await SocketClient.open(service.base, { user: 'alice', headers: { origin: 'https://app.example.com' } });
    expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect((await SocketClient.refused(service.base, { user: 'alice', headers: { origin: 'https://other.example.com' } })).status).toBe(403);
    socket.close();
    await service.end();
    expect(loaded()).toContain('ws');
  });
});
