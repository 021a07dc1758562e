/** Plain text for `curl`: exactly the bytes of a step's text, live where they are certain, and never a whole that is none. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type IncomingMessage } from 'node:http';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type Platform, TestApp } from '../support/app.js';
import { API, KEYS, send } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { sceneOf, store, TEXTS, writeParts } from './support/scene.js';

/** The body so far, and how it ended. */
async function read(response: IncomingMessage): Promise<{ text: string; ended: 'end' | 'cut' }> {
  const parts: Buffer[] = [];
  const ended = await within(new Promise<'end' | 'cut'>((resolve) => {
    response.on('data', (part: Buffer) => void parts.push(part));
    response.once('end', () => resolve('end'));
    response.once('error', () => resolve('cut'));
    response.once('close', () => resolve('cut'));
  }), 'the end of the text');
  return { text: Buffer.concat(parts).toString('utf8'), ended };
}

describe.each<Platform>(['express', 'fastify'])('the text of a step, on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ platform });
    writeParts(app.stage);
    await store(app.alice, sceneOf('scene'));
    await store(app.alice, sceneOf('held', true));
  });
  afterAll(() => app.close());

  const open = (id: string, query = '') => send(app.base, 'GET', `${API}/executions/${id}/stream?protocol=text${query}`, { headers: { 'x-api-key': KEYS.alice } });
  const textOf = async (id: string, query = '') => {
    const response = await open(id, query);
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    return read(response);
  };
  const run = async (definition: WorkflowDefinition) => {
    const id = await app.alice.start(definition);
    await app.alice.follow(id);
    return id;
  };

  it('is what the step has written, to the byte, with what a retry has voided left out', async () => {
    const id = await app.alice.start('scene', { prompt: 'x' });
    await app.alice.follow(id);
    for (const [step, text] of Object.entries(TEXTS)) expect(await textOf(id, `&step=${step}`)).toEqual({ text, ended: 'end' });
    // Without a step, the result of the workflow.
    expect(await textOf(id)).toEqual({ text: TEXTS.close, ended: 'end' });
    // Of a step that has written nothing, its output.
    expect(JSON.parse((await textOf(id, '&step=both')).text)).toEqual({ search: TEXTS['both/search'], again: TEXTS['both/again/write'] });
  });

  it('comes as it is written, and ends with its step, while the workflow goes on', async () => {
    app.stage.write('slow', async function* (ctx) {
      yield ctx.text('é\ud83d');
      await app.stage.gate(ctx.executionId, 'middle').answer.promise;
      yield ctx.text('\ude00 and the rest');
      return 'other';
    });
    const id = await app.alice.start({ name: 'live', steps: [{ type: 'agent', name: 'write', agent: 'play', input: { part: 'slow' } }, { type: 'agent', name: 'hold', agent: 'gate' }] });
    const response = await open(id, '&step=write');
    const first = await within(new Promise<Buffer>((resolve) => response.once('data', resolve)), 'the first bytes');
    expect(first.toString()).toBe('é');
    const rest = read(response);
    app.stage.gate(id, 'middle').open('go');
    expect(await rest).toEqual({ text: '\ud83d\ude00 and the rest', ended: 'end' });
    expect((await app.alice.status(id)).status).toBe('running');
    // The same in the one request that starts it.
    app.stage.gate(id, 'hold').open();
    const started = await send(app.base, 'POST', `${API}/workflows/scene/executions?protocol=text`, { headers: { 'x-api-key': KEYS.alice, accept: 'text/event-stream' }, body: { input: { prompt: 'x' } } });
    expect([started.statusCode, started.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await read(started)).toEqual({ text: TEXTS.close, ended: 'end' });
  });

  it('is held back in a retry, until it can be voided no more', async () => {
    const definition: WorkflowDefinition = {
      name: 'nested',
      steps: [
        { type: 'retry', name: 'outer', maxAttempts: 2, backoff: { delayMs: 0, jitter: false }, step: { type: 'sequential', name: 'both', steps: [{ type: 'agent', name: 'write', agent: 'tokens', input: { text: 'the text' } }, { type: 'agent', name: 'hold', agent: 'gate' }] } },
      ],
    };
    const id = await app.alice.start(definition);
    const response = await open(id, '&step=outer/both/write');
    let received = '';
    response.on('data', (part: Buffer) => void (received += part.toString()));
    const ended = within(new Promise((resolve) => response.once('end', resolve)), 'the end');
    await app.stage.gate(id, 'outer/both/hold').arrived;
    app.stage.gate(id, 'outer/both/hold').fail('not yet');
    await app.stage.gate(id, 'outer/both/hold', 2).arrived;
    expect(received).toBe('');
    app.stage.gate(id, 'outer/both/hold', 2).open();
    await ended;
    expect(received).toBe('the text');
  });

  it('breaks off where it comes to no end, and is refused where that is known before', async () => {
    app.stage.write('breaks', async function* (ctx) {
      yield ctx.text('half of ');
      await app.stage.gate(ctx.executionId, 'middle').answer.promise;
      throw new Error('it broke');
    });
    const id = await app.alice.start({ name: 'half', steps: [{ type: 'agent', name: 'write', agent: 'play', input: { part: 'breaks' } }] });
    const response = await open(id, '&step=write');
    const reading = read(response);
    await eventually(async () => (await app.alice.status(id)).steps['write']?.text === 'half of ', 'the first half');
    app.stage.gate(id, 'middle').open('go');
    expect(await reading).toEqual({ text: 'half of ', ended: 'cut' });
    for (const query of ['&step=write', '']) expect(await app.alice.get(`/executions/${id}/stream?protocol=text${query}`)).toMatchObject({ status: 409, json: { code: 'conflict' } });
    expect(await app.alice.get(`/executions/${id}/stream?protocol=text&step=wrote`)).toMatchObject({ status: 400, json: { code: 'invalid_request', detail: expect.stringContaining('write') } });
  });

  it('is refused of what was cancelled, as of the steps that were', async () => {
    const id = await app.alice.start({ name: 'h', steps: [{ type: 'agent', name: 'done', agent: 'tokens', input: { text: 'whole' } }, { type: 'agent', name: 'hold', agent: 'gate' }] });
    await app.stage.gate(id, 'hold').arrived;
    await app.alice.post(`/executions/${id}/cancel`, {});
    await app.alice.follow(id);
    for (const query of ['', '&step=hold']) expect(await app.alice.get(`/executions/${id}/stream?protocol=text${query}`)).toMatchObject({ status: 409, json: { code: 'conflict', detail: expect.stringContaining('cancelled') } });
    expect(await textOf(id, '&step=done')).toEqual({ text: 'whole', ended: 'end' });
  });

  it('is refused with a status by a start that repeats another one, too', async () => {
    const start = (query: string) => app.alice.request('POST', `/executions?protocol=text${query}`, {
      headers: { accept: 'text/event-stream', 'idempotency-key': 'again' }, body: { workflow: { name: 'w', steps: [{ type: 'agent', name: 'a', agent: 'tokens', input: { text: 'all' } }] } },
    });
    expect(await start('')).toMatchObject({ status: 200, text: 'all' });
    expect(await start('&step=none')).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path: '/step' }] } });
  });

  it('is the result where the last step passes none on, or has none of its own', async () => {
    const branches: WorkflowDefinition = { name: 'b', steps: [{ type: 'parallel', name: 'p', steps: [{ type: 'agent', name: 'a', agent: 'tokens', input: { text: 'one' } }, { type: 'agent', name: 'c', agent: 'echo', input: 2 }] }] };
    expect(await textOf(await run(branches))).toEqual({ text: '{"a":"one","c":2}', ended: 'end' });
    const loop: WorkflowDefinition = { name: 'l', steps: [{ type: 'iteration', name: 'i', maxIterations: 2, step: { type: 'agent', name: 'a', agent: 'tokens', input: { text: 'round' } } }] };
    const looped = await run(loop);
    expect(await textOf(looped)).toEqual({ text: 'round', ended: 'end' });
    expect(await textOf(looped, '&step=i[2]/a')).toEqual({ text: 'round', ended: 'end' });
    const choice: WorkflowDefinition = { name: 'c', steps: [{ type: 'agent', name: 'a', agent: 'echo', input: 1 }, { type: 'conditional', name: 'if', when: 'true', then: { type: 'sequential', name: 's', steps: [{ type: 'agent', name: 'x', agent: 'tokens', input: { text: 'no' } }, { type: 'agent', name: 'y', agent: 'tokens', input: { text: 'yes' } }] } }] };
    expect(await textOf(await run(choice))).toEqual({ text: 'yes', ended: 'end' });
  });

  it('is broken off when the service stops', async () => {
    const stopped = await TestApp.start({ platform });
    const id = await stopped.alice.start({ name: 'h', steps: [{ type: 'agent', name: 'hold', agent: 'gate' }] });
    await stopped.stage.gate(id, 'hold').arrived;
    const response = await send(stopped.base, 'GET', `${API}/executions/${id}/stream?protocol=text`, { headers: { 'x-api-key': KEYS.alice } });
    const reading = read(response);
    await stopped.close();
    expect(await reading).toEqual({ text: '', ended: 'cut' });
  });
});
