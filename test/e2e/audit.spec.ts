/** Who did what: the lines that the service as a process writes for an auditor. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

interface Line {
  audit?: boolean;
  level: number;
  action: string;
  outcome: string;
  user?: string;
  owner?: string;
  execution?: string;
  key?: string;
  credential?: string;
  method?: string;
  path?: string;
  requestId?: string;
  address?: string;
}

let service: ServiceProcess;
afterEach(() => service.dispose());

const linesOf = (output: string): Line[] =>
  output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line).filter(({ audit }) => audit === true);
const short = ({ action, outcome, user }: Line) => `${action} ${outcome} ${user ?? '-'}`;
const waiting = workflow('waiting', input('ask'), agent('d', 'delay', { input: { ms: 600_000 } }));

describe('the audit log', () => {
  it('has a line for each start, cancel, answer, ticket, key and refusal, with who, what, when, from where, and by which credential', async () => {
    service = await ServiceProcess.start();
    const [alice, bob, root, nobody] = [service.as('alice'), service.as('bob'), service.as('root'), service.as(undefined)];
    const secrets: string[] = Object.values(KEYS);
    const id = await alice.start(waiting, 'an input that is nobody else\'s matter');
    const repeat = { 'idempotency-key': 'once' };
    const once = (await alice.post('/executions', { workflow: waiting }, repeat)).json as { id: string };
    await alice.post('/executions', { workflow: waiting }, repeat);
    const streamed = await alice.open('/executions', { method: 'POST', body: { workflow: waiting } });
    const third = (await streamed.untilEvent('input_required')).executionId;
    streamed.close();
    const reader = await alice.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    await alice.post(`/executions/${id}/input`, { value: 'an answer' });
    for (const path of [`/executions/${id}/tickets`, '/tickets']) secrets.push(((await alice.post(path)).json as { ticket: string }).ticket);
    const added = (await root.post('/keys', { user: 'carol', scopes: ['executions:read'] })).json as { id: string; key: string };
    secrets.push(added.key);
    const carol = service.as({ 'x-api-key': added.key });
    secrets.push('not-a-key-of-anyone', 'tkt_never-given');
    await nobody.get('/executions', { 'x-api-key': 'not-a-key-of-anyone' });
    await nobody.get(`/executions/${id}/stream?ticket=tkt_never-given`);
    await bob.get(`/executions/${id}`, { 'x-request-id': 'from-the-proxy' });
    await bob.post(`/executions/${id}/cancel`, { reason: 'not mine' });
    await bob.get('/executions/none');
    await carol.post('/executions', { workflow: waiting });
    await alice.request('DELETE', `/keys/${added.id}`);
    await root.request('DELETE', `/keys/${added.id}`);
    for (const each of [id, once.id, third]) await alice.post(`/executions/${each}/cancel`, {});
    await service.end();

    const lines = linesOf(service.output);
    expect(lines.map(short)).toEqual([
      'start accepted alice', 'start accepted alice', 'start repeated alice', 'start accepted alice', 'input accepted alice', 'ticket accepted alice', 'ticket accepted alice', 'key_add accepted root',
      'request unauthenticated -', 'request unauthenticated -', 'request not_found bob', 'cancel not_found bob', 'start forbidden carol', 'key_revoke forbidden alice', 'key_revoke accepted root',
      'cancel accepted alice', 'cancel accepted alice', 'cancel accepted alice',
    ]);
    expect(lines.map(({ execution }) => execution)).toEqual([id, once.id, once.id, third, id, id, undefined, undefined, undefined, id, id, id, undefined, undefined, undefined, id, once.id, third]);
    for (const { requestId, address } of lines) expect([requestId, address]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringContaining('127.0.0.1')]);
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(lines.length);
    const foreign = lines.filter(({ outcome }) => outcome === 'not_found');
    expect(foreign).toEqual([expect.objectContaining({ owner: 'alice', requestId: 'from-the-proxy', method: 'GET', path: `/api/v1/executions/${id}` }), expect.objectContaining({ owner: 'alice', method: 'POST' })]);
    expect(lines.filter(({ key }) => key !== undefined).map(({ key }) => key)).toEqual([added.id, added.id]);
    expect(lines.find(({ user }) => user === 'carol')?.credential).toBe(added.id);
    expect(lines.find(({ outcome }) => outcome === 'unauthenticated')).not.toHaveProperty('credential');
    // In no line of any kind.
    for (const secret of [...secrets, 'an input that', 'an answer', 'not mine']) expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
  });

  it('keeps its order to the end, however late its lines are written', async () => {
    service = await ServiceProcess.start({ preload: 'test/support/busy-threads.mjs', env: { UV_THREADPOOL_SIZE: '1' } });
    const alice = service.as('alice');
    process.kill(service.pid, 'SIGUSR2');
    await eventually(() => service.output.includes('threads are busy'), 'threads that are busy');
    for (const path of ['/tickets', '/keys', '/tickets', '/keys']) await alice.post(path, {});
    expect(await service.end()).toEqual({ code: 0, signal: null });
    expect(linesOf(service.output).map(short)).toEqual(['ticket accepted alice', 'key_add forbidden alice', 'ticket accepted alice', 'key_add forbidden alice']);
  });

  it('has a line for what is too much, and none that a client could write', async () => {
    service = await ServiceProcess.start({ env: { STEPCAST_RATE_LIMIT: '2/3600' } });
    const alice = service.as('alice');
    for (let i = 0; i < 3; i++) await alice.get('/executions');
    const forged = `/executions/x%0a{"audit":true,"action":"start","outcome":"accepted"}`;
    await service.as(undefined).get(encodeURI(forged), { 'x-request-id': 'a"b', 'x-forwarded-for': '10.0.0.1' });
    await service.end();
    const lines = linesOf(service.output);
    expect(lines.map(short)).toEqual(['request rate_limited alice', 'request unauthenticated -']);
    expect(lines[1]?.requestId).not.toContain('"');
    expect(lines[1]?.address).toContain('127.0.0.1');
  });
});
