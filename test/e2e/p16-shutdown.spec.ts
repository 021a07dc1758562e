import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, outline, textOf } from '../support/assert-whole.js';
import { type Client } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { type EventReader } from '../support/sse.js';

/** P16: the process is gone within this time. */
const GONE_MS = 10_000;
const HOUR_MS = 3_600_000;

let service: ServiceProcess;
afterEach(() => service.dispose());

const gone = (signal: NodeJS.Signals = 'SIGTERM') => within(service.end(signal), 'the end of the process', GONE_MS);

describe('P16 on SIGTERM', () => {
  it('streams end cleanly, the process ends with 0, and the next start goes on with everything', async () => {
    service = await ServiceProcess.start({ preload: ['test/support/stubborn-delay.mjs', 'test/support/second-life.mjs'], env: { STEPCAST_MAX_EXECUTIONS_PER_USER: '4' } });
    let alice: Client = service.as('alice');
    // A minute of them, so that none is done before the signal.
    const tokens = agent('t', 'tokens', { input: { count: 1200, intervalMs: 50 } });
    const ids = {
      streaming: await alice.start(workflow('streaming', agent('before', 'echo', { input: 'kept' }), tokens, agent('after', 'echo'))),
      asking: await alice.start(workflow('asking', input('ask', { prompt: 'Go on?', schema: { type: 'boolean' } }))),
      stubborn: await alice.start(workflow('stubborn', agent('d', 'delay', { input: { ms: HOUR_MS } }))),
      posted: '',
      queued: '',
    };
    const readers: Record<string, EventReader> = {};
    readers['posted'] = await alice.open('/executions', { method: 'POST', body: { workflow: workflow('posted', tokens) } });
    ids.posted = (await readers['posted'].untilEvent('step_output')).executionId;
    ids.queued = await alice.start(workflow('queued', agent('e', 'echo')));
    expect((await alice.status(ids.queued)).status).toBe('queued');
    for (const name of ['streaming', 'asking', 'stubborn', 'queued'] as const) readers[name] = await alice.openExecution(ids[name]);
    readers['all'] = await alice.open('/stream');
    await readers['streaming']?.untilEvent('step_output');
    await readers['asking']?.untilEvent('input_required');
    await readers['stubborn']?.untilEvent('step_started');

    expect(await gone()).toEqual({ code: 0, signal: null });
    for (const [name, reader] of Object.entries(readers)) expect([name, await reader.whenEnded(), reader.remainder]).toEqual([name, 'end', '']);
    // What readers were told at last is that completed steps are safe.
    expect(readers['streaming']?.events.at(-1)).toMatchObject({ type: 'checkpoint_saved', data: { completedSteps: ['before'] } });

    service = await service.restart();
    alice = service.as('alice');
    const rest = async (name: keyof typeof ids): Promise<ExecutionEvent[]> => {
      const before = readers[name] as EventReader;
      return [...before.events, ...(await alice.follow(ids[name], '', before.lastEventId === undefined ? {} : { 'last-event-id': before.lastEventId }))];
    };
    await eventually(async () => (await alice.post(`/executions/${ids.asking}/input`, { value: true })).status === 202, 'the question');
    expect((await alice.post(`/executions/${ids.stubborn}/cancel`)).status).toBe(202);
    for (const name of ['streaming', 'asking', 'stubborn', 'posted', 'queued'] as const) {
      const events = await rest(name);
      assertWhole(events);
      expect([name, of(events, 'workflow_resumed').length]).toEqual([name, name === 'queued' ? 0 : 1]);
      expect([name, events.at(-1)?.type]).toEqual([name, name === 'stubborn' ? 'workflow_cancelled' : 'workflow_completed']);
      for (const { step, data } of of(events, 'step_completed')) if (step.name === 't') expect(textOf(events, 't')).toBe(data.output);
    }
    expect(of(await rest('streaming'), 'step_started').map(({ step }) => `${step.id}#${step.attempt}`)).toEqual(['before#1', 't#1', 't#2', 'after#1']);
    expect(outline(await rest('asking')).filter((line) => line === 'input_required ask')).toHaveLength(2);
  });

  it('a client that does not read and a request that never ends hold it up no longer than that', async () => {
    service = await ServiceProcess.start();
    const alice = service.as('alice');
    const id = await alice.start(workflow('flood', agent('t', 'tokens', { input: { count: 1_000_000 } })));
    const unread = await alice.openExecution(id);
    unread.pause();
    const half = net.connect(service.port, '127.0.0.1');
    half.on('error', () => undefined);
    await within(new Promise<void>((resolve) => half.write('POST /api/v1/executions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{', () => resolve())), 'the half request');
    // Far more than the sockets of both sides take is waiting for the one that does not read.
    await eventually(async () => (await alice.status(id)).lastSeq > 50_000, 'a backlog');
    expect(await gone()).toEqual({ code: 0, signal: null });
    unread.close();
    half.destroy();
  });

  it('and on SIGINT, with nothing to do', async () => {
    service = await ServiceProcess.start();
    expect(await gone('SIGINT')).toEqual({ code: 0, signal: null });
    await expect(service.as('alice').get('/executions')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
