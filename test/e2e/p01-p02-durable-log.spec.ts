import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, conditional, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, assertWholeFrames, of } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, Client, KEYS } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';
import { eventOf, type Frame, isEvent } from '../support/sse.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ streaming: { heartbeatMs: 50 } });
});
afterAll(() => app.close());

const everyKind = workflow('kinds',
  parallel('p', agent('a', 'tokens', { input: { count: 20 } }), agent('b', 'tokens', { input: { count: 20 } })),
  retry('r', { maxAttempts: 3, backoff: { delayMs: 1 } }, agent('f', 'flaky', { input: { failures: 2 } })),
  iteration('i', { maxIterations: 3 }, agent('e', 'echo')),
  conditional('c', { when: 'true', then: agent('yes', 'echo'), else: agent('no', 'echo') }),
  sequential('s', agent('one', 'echo'), agent('two', 'echo')));

describe('P1 seq starts at 1 and has no gap and no double', () => {
  it('over every kind of step, in frames that are whole', async () => {
    const reader = await app.alice.openExecution(await app.alice.start(everyKind));
    expect(reader.status).toBe(200);
    expect(reader.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(await reader.whenEnded()).toBe('end');
    assertWholeFrames(reader.frames);
    expect(reader.remainder).toBe('');
  });

  it('whatever text is in them, and however much', async () => {
    const texts = ['line\nline\r\n\rline\u2028\u2029\u0085', 'data: x\n\nevent: y\nid: 1\n\n: z', '\u0000\u0007\ufeff\u007f', '𝒳 ä€ \u200d👩‍👩‍👧 \ud800 alone', 'x'.repeat(1_000_000)];
    app.stage.write('texts', function* (ctx) {
      for (const text of texts) yield ctx.text(text);
    });
    const id = await app.alice.start(workflow('texts', agent('t', 'play', { input: { part: 'texts' } })));
    const reader = await app.alice.openExecution(id);
    await reader.whenEnded();
    assertWholeFrames(reader.frames);
    const browser = new Browser(`${app.base}${API}/executions/${id}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
    await browser.whenClosed();
    expect(browser.events).toEqual(reader.events);
    expect(of(browser.events, 'step_output').map(({ data }) => data.delta)).toEqual(texts);
    expect(browser.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: texts.join('') } });
  });

  it('over many executions side by side', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => app.alice.start(everyKind)));
    for (const events of await Promise.all(ids.map((id) => app.alice.follow(id)))) assertWhole(events);
  });

  it('over a line that is cut again and again, wherever in a frame that is', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      const id = await app.alice.start(workflow('cuts', agent('t', 'tokens', { input: { count: 200, intervalMs: 1 } }), agent('u', 'tokens', { input: { text: 'ä€😀 '.repeat(50) } })));
      const alice = new Client(proxy.base, 'alice');
      const frames: Frame[] = [];
      const last = () => frames.findLast((frame) => frame.id !== undefined)?.id;
      for (let cut = 1200; frames.at(-1)?.event !== 'workflow_completed'; cut += 61) {
        proxy.cutAfter = cut;
        const cursor = last();
        const reader = await alice.openExecution(id, '', cursor === undefined ? {} : { 'last-event-id': cursor });
        await reader.whenEnded();
        frames.push(...reader.frames.filter(isEvent));
      }
      expect(proxy.connections).toBeGreaterThan(10);
      assertWholeFrames(frames);
    } finally {
      await proxy.close();
    }
  });
});

describe('P2 an event is in the journal before anyone sees it', () => {
  it('byte for byte, when it arrives', () => app.withJournalFile(async (file) => {
    const id = await app.alice.start(everyKind);
    const reader = await app.alice.openExecution(id);
    for (let i = 0; ; i++) {
      const frame = await reader.until(() => true, i);
      if (!isEvent(frame)) continue;
      const { seq, type } = eventOf(frame);
      expect(file.event(id, seq)).toBe(frame.data);
      if (type === 'workflow_completed') break;
    }
    expect(file.events(id)).toEqual(reader.frames.filter(isEvent).map(({ data }) => data));
    expect((await app.alice.get(`/executions/${id}/events?limit=1000`)).text).toContain(`[${file.events(id).join(',')}]`);
  }));

  it('and is not sent as long as it cannot be committed', () => app.withJournalFile(async (file) => {
    const id = await app.alice.start(workflow('held', agent('g', 'gate'), agent('after', 'echo')));
    const reader = await app.alice.openExecution(id, '?heartbeat=event');
    await app.stage.gate(id, 'g').arrived;
    await reader.untilEvent('step_started', 'g');
    file.lock();
    try {
      app.stage.gate(id, 'g').open('done');
      // Three heartbeats: the line works, and there was time for what must not come.
      for (let beats = 0, at = reader.frames.length; beats < 3; beats++) at = reader.frames.indexOf(await reader.until('heartbeat', at)) + 1;
      expect(of(reader.events, 'step_completed')).toEqual([]);
      expect((await app.alice.get(`/executions/${id}/events`)).json).toMatchObject({ lastSeq: 2, terminal: false });
    } finally {
      file.unlock();
    }
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(of(reader.events, 'step_completed', 'g')[0]?.data.output).toBe('done');
  }));
});
