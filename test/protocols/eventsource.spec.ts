/** The `eventsource` package, as it is installed: it reconnects by itself, and loses and doubles nothing, in the events' own form and in others. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource, type FetchLike } from 'eventsource';
import { type BaseEvent } from '@ag-ui/core';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { assertWhole } from '../support/assert-whole.js';
import { TestApp } from '../support/app.js';
import { API, KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { FaultProxy } from '../support/proxy.js';
import { readRun, textsOf } from './support/ag-ui.js';
import { sceneOf, store, TEXTS, writeParts } from './support/scene.js';
import { type Chunk, checkChunks, readMessage, textsIn, VERSIONS } from './support/ui-messages.js';

describe('the eventsource package', () => {
  let app: TestApp;
  let proxy: FaultProxy;
  const sources: EventSource[] = [];

  beforeEach(async () => {
    app = await TestApp.start();
    proxy = await FaultProxy.to(app.port);
    writeParts(app.stage);
    await store(app.alice, sceneOf('held', true));
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await proxy.close();
    await app.close();
  });

  const withKey: FetchLike = (url, init) => fetch(url, { ...init, headers: { ...init.headers, 'x-api-key': KEYS.alice } });
  /** The data of all messages, until the source has been told to stop. */
  const collect = (path: string) => {
    const data: string[] = [];
    const source = new EventSource(proxy.base + path, { fetch: withKey });
    sources.push(source);
    source.onmessage = (message) => void data.push(message.data as string);
    return { data, stopped: () => eventually(() => source.readyState === source.CLOSED, 'the end of the source') };
  };
  /** An execution that is in its midst, while lines are cut after `cutAfter` bytes. */
  const begin = async (cutAfter: number) => {
    const id = await app.alice.start('held', { prompt: 'x' });
    await app.stage.gate(id, 'hold').arrived;
    proxy.cutAfter = cutAfter;
    return id;
  };
  const finish = (id: string) => {
    proxy.cutAfter = undefined;
    app.stage.gate(id, 'hold').open();
  };

  it('reads the events over a line that is cut', async () => {
    const id = await begin(2500);
    const { data, stopped } = collect(`${API}/executions/${id}/stream?named=false`);
    await eventually(() => data.length > 2, 'the first events');
    finish(id);
    await stopped();
    const events = data.map((text) => JSON.parse(text) as ExecutionEvent);
    assertWhole(events);
    expect(events.at(-1)?.type).toBe('workflow_completed');
  });

  it.each(VERSIONS)('reads a UI message stream of version %d over a line that is cut', async (version) => {
    const id = await begin(2500);
    const { data, stopped } = collect(`${API}/executions/${id}/stream?protocol=ai-sdk&version=${version}`);
    await eventually(() => data.length > 2, 'the first chunks');
    finish(id);
    await stopped();
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data.slice(0, -1).map((text) => JSON.parse(text) as Chunk);
    await checkChunks(version, chunks);
    const { message, errors } = await readMessage(version, chunks);
    expect(errors).toEqual([]);
    expect(textsIn(message)).toEqual(TEXTS);
  });

  it('reads runs of AG-UI, a new one for each line', async () => {
    const id = await begin(2500);
    const { data, stopped } = collect(`${API}/executions/${id}/stream?protocol=ag-ui`);
    await eventually(() => data.length > 2, 'the first events');
    finish(id);
    await stopped();
    const events = data.map((text) => JSON.parse(text) as BaseEvent);
    const last = events.findLastIndex(({ type }) => type === ('RUN_STARTED' as BaseEvent['type']));
    expect(last).toBeGreaterThan(0);
    const { messages } = await readRun(events.slice(last));
    expect(textsOf(messages, id)).toEqual(TEXTS);
  });
});
