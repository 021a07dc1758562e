import { describe, expect, it } from '@jest/globals';
import { StepcastError } from '../../contract/errors.js';
import { StepFailure } from './failure.js';

describe('StepFailure.of: whatever an agent throws becomes a failure that can be told', () => {
  it('keeps the message of an error, and its code as the cause', () => {
    const thrown = Object.assign(new Error('the line is dead'), { code: 'ECONNRESET' });
    expect(StepFailure.of(thrown, 'gather/a').info).toEqual({ code: 'agent_failed', message: 'the line is dead', stepId: 'gather/a', cause: 'ECONNRESET' });
    expect(StepFailure.of(Object.assign(new Error('x'), { code: 429 }), 'a').info.cause).toBe('429');
  });

  it('keeps what any error says of another try', () => {
    for (const retryable of [true, false]) expect(StepFailure.of(Object.assign(new Error('x'), { retryable }), 'a').info).toEqual({ code: 'agent_failed', message: 'x', stepId: 'a', retryable });
    expect(StepFailure.of(Object.assign(new Error('x'), { retryable: 'no' }), 'a').info).not.toHaveProperty('retryable');
  });

  it('keeps the code of our own errors', () => {
    expect(StepFailure.of(new StepcastError('expression_failed', 'leads nowhere'), 'a').info).toEqual({ code: 'expression_failed', message: 'leads nowhere', stepId: 'a' });
  });

  it('keeps the step that failed first', () => {
    const first = StepFailure.of(new Error('x'), 'gather/a');
    expect(StepFailure.of(first, 'gather')).toBe(first);
  });

  it('cuts long messages and codes', () => {
    const { message, cause } = StepFailure.of(Object.assign(new Error('x'.repeat(5000)), { code: 'c'.repeat(500) }), 'a').info;
    expect([message.length, cause?.length]).toEqual([2000, 100]);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'just text', 'just text'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 7, '7'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
    ['a BigInt', 7n, '7'],
    ['a plain object', { reason: 'no' }, '{"reason":"no"}'],
    ['an object with a message', { message: 'from elsewhere', status: 500 }, 'from elsewhere'],
    ['an error whose message is an object', Object.assign(new Error(), { message: { why: 'odd' } }), '{"why":"odd"}'],
  ])('takes %s', (_what, thrown, message) => {
    expect(StepFailure.of(thrown, 'a').info).toMatchObject({ code: 'agent_failed', message });
  });

  it.each<[string, unknown]>([
    ['an error without a message', new Error()],
    ['an object without a prototype that holds itself', (() => { const self = Object.create(null) as Record<string, unknown>; self['self'] = self; return self; })()],
    ['an error whose message throws', Object.defineProperty(new Error(), 'message', { get: () => { throw new Error('trap'); } })],
    ['an error whose code throws', Object.defineProperty(new Error(''), 'code', { get: () => { throw new Error('trap'); } })],
    ['a proxy that throws at everything', new Proxy({}, { get: () => { throw new Error('trap'); }, getPrototypeOf: () => { throw new Error('trap'); } })],
  ])('takes %s, and says that there is no message', (_what, thrown) => {
    expect(StepFailure.of(thrown, 'a').info).toEqual({ code: 'agent_failed', message: 'the agent failed without a message', stepId: 'a' });
  });

  it('tells no secret that was in its message or its code, and takes no longer for a message without end', () => {
    const { info } = StepFailure.of(Object.assign(new Error(`cannot reach https://ann:hunter22@x.example/?api_key=0123abcd ${'y'.repeat(10_000_000)}`), { code: 'sk-0123456789abcdef' }), 's');
    expect(info).toMatchObject({ message: expect.stringMatching(/^cannot reach https:\/\/\[redacted\]@x\.example\/\?api_key=\[redacted\] y+$/), cause: '[redacted]' });
    expect(info.message).toHaveLength(2000);
  });
});
