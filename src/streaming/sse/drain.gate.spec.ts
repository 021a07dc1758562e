import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { turns } from '../../../test/support/engine.js';
import { drainGate, headersOf } from './drain.gate.js';

class FakeResponse extends EventEmitter {
  headersSent = true;
  destroyed = false;
  writableNeedDrain = false;
}
const fake = (more: Partial<FakeResponse> = {}) => {
  const response = Object.assign(new FakeResponse(), more);
  return { response, raw: response as unknown as ServerResponse };
};

describe('the gate of a response', () => {
  it('is open while the response takes more', () => {
    const { raw } = fake();
    expect(drainGate(raw)()).toBeUndefined();
  });

  it('is shut until Nest has sent the headers', async () => {
    const { response, raw } = fake({ headersSent: false });
    const opened = jest.fn();
    void drainGate(raw)()?.then(opened);
    await turns();
    expect(opened).not.toHaveBeenCalled();
    response.headersSent = true;
    await turns();
    expect(opened).toHaveBeenCalled();
  });

  it.each(['drain', 'close'])('is shut while the response is full, until %s; one promise for all that wait, and no listener stays', async (event) => {
    const { response, raw } = fake({ writableNeedDrain: true });
    const gate = drainGate(raw);
    const first = gate();
    expect(first).toBeInstanceOf(Promise);
    expect(gate()).toBe(first);
    expect([response.listenerCount('drain'), response.listenerCount('close')]).toEqual([1, 1]);
    response.writableNeedDrain = false;
    response.emit(event);
    await first;
    expect([response.listenerCount('drain'), response.listenerCount('close')]).toEqual([0, 0]);
    expect(gate()).toBeUndefined();
  });

  it('shuts again when the response is full again', async () => {
    const { response, raw } = fake({ writableNeedDrain: true });
    const gate = drainGate(raw);
    const first = gate();
    response.emit('drain');
    await first;
    expect(gate()).not.toBe(first);
    response.emit('close');
  });

  it('is open when the response is gone: then nobody waits any more', async () => {
    expect(drainGate(fake({ destroyed: true, writableNeedDrain: true }).raw)()).toBeUndefined();
    const { response, raw } = fake({ headersSent: false });
    const waiting = headersOf(raw);
    response.destroyed = true;
    await waiting;
  });
});
