import { describe, expect, it } from '@jest/globals';
import { type StepcastError } from '../../contract/errors.js';
import { MarkdownPage } from '../../../test/support/markdown.js';
import { readMessage } from './socket.requests.js';

const read = (message: unknown): { requestId: unknown; request?: unknown; fault?: StepcastError } => readMessage(typeof message === 'string' ? message : JSON.stringify(message));
const faultsOf = (message: unknown) => read(message).fault?.faults?.map(({ path }) => path);

describe('messages of clients', () => {
  it('are read, each way of beginning', () => {
    const executionId = 'e';
    const startOf = (more: object) => (read({ type: 'subscribe', ...more }).request as { start?: object } | undefined)?.start;
    expect(startOf({ executionId })).toEqual({ at: 'first' });
    expect(startOf({ executionId, after: 7 })).toEqual({ at: 'cursor', cursor: '7', path: '/after' });
    expect(startOf({ executionId, from: 'latest' })).toEqual({ at: 'latest' });
    expect(startOf({ executionId, last: 3 })).toEqual({ at: 'last', count: 3 });
    expect(startOf({ all: true, cursor: 'm1' })).toEqual({ at: 'cursor', cursor: 'm1', path: '/cursor' });
    expect(read({ type: 'subscribe', executionId, types: ['step_output', 'message'] }).request).toMatchObject({ target: { executionId }, view: { key: 'socket:message,step_output' } });
    expect(read({ type: 'subscribe', all: true }).request).toMatchObject({ target: { all: true }, view: { key: 'socket' } });
    expect(read({ type: 'unsubscribe', executionId }).request).toEqual({ type: 'unsubscribe', target: { executionId } });
    expect(read({ type: 'cancel', executionId, reason: 'r' }).request).toEqual({ type: 'cancel', executionId, body: { reason: 'r' } });
    expect(read({ type: 'input', executionId, value: null }).request).toEqual({ type: 'input', executionId, body: { value: null } });
    for (const requestId of ['x', 'x'.repeat(200)]) expect(read({ type: 'ping', requestId })).toEqual({ requestId, request: { type: 'ping' } });
  });

  it('that are none are told by every fault, with their id where they have one', () => {
    expect(read('{"type"').fault).toMatchObject({ code: 'invalid_json' });
    expect(read({ type: 'dance', requestId: 4 })).toMatchObject({ requestId: 4, fault: { code: 'invalid_request' } });
    // Where nothing else of it is taken too, and with what it is about.
    expect(read('{"type":"input","requestId":"r","executionId":"e","value":{"__proto__":1}}')).toMatchObject({ requestId: 'r', executionId: 'e', fault: { code: 'invalid_request' } });
    expect(read({ type: 'subscribe', executionId: 'e', after: -1 })).toMatchObject({ requestId: undefined, executionId: 'e' });
    for (const executionId of ['', 7, 'x'.repeat(201)]) expect(read({ type: 'cancel', executionId })).not.toHaveProperty('executionId');
    expect(faultsOf({ type: 'subscribe', all: true, executionId: 'e', after: 1, cursor: 'm1' })).toEqual(['/executionId', '/cursor', '/after']);
    expect(faultsOf({ type: 'subscribe', executionId: 'e', cursor: 'm1' })).toEqual(['/cursor']);
    expect(faultsOf({ type: 'subscribe', all: false })).toEqual(['/all']);
    for (const after of [-1, 1.5, '1', 1e16, null]) expect([after, faultsOf({ type: 'subscribe', executionId: 'e', after })]).toEqual([after, ['/after']]);
    for (const last of [-1, 1.5, '1', 1e16, null]) expect([last, faultsOf({ type: 'subscribe', executionId: 'e', last })]).toEqual([last, ['/last']]);
    for (const types of [[], 'step_output', {}]) expect([types, faultsOf({ type: 'subscribe', executionId: 'e', types })]).toEqual([types, ['/types']]);
    for (const executionId of ['', 1, null, 'x'.repeat(201)]) expect(faultsOf({ type: 'cancel', executionId })).toEqual(['/executionId']);
    for (const requestId of [{}, true, 1.5, 'x'.repeat(201)]) expect(read({ type: 'ping', requestId })).toMatchObject({ requestId: undefined, fault: { code: 'invalid_request' } });
    expect(faultsOf({ type: 'ping', executionId: 'e' })).toEqual(['/executionId']);
  });

  it('are those that the protocol lists', () => {
    const listed = new MarkdownPage('docs/protocol.md').table('socket requests').map(([sent]) => /"type":"(\w+)"/.exec(sent as string)?.[1]);
    expect(read({ type: 'dance' }).fault?.faults?.[0]?.message).toBe(`must be one of ${[...new Set(listed)].join(', ')}`);
  });
});
