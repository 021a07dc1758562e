import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Principal } from '../auth/principal.js';
import { type ErrorCode, StepcastError } from '../contract/errors.js';
import { type AuditedRequest, type AuditEntry, AuditLog, ofAnother } from './audit.log.js';

const alice: Principal = { user: 'alice', roles: [], method: 'api_key', credentialId: 'abcdef012345' };

describe('a line for an auditor', () => {
  const audit = new AuditLog();
  let lines: AuditEntry[];
  beforeEach(() => {
    lines = [];
    jest.spyOn(Logger.prototype, 'log').mockImplementation((line: unknown) => void lines.push(line as AuditEntry));
  });
  afterEach(() => void jest.restoreAllMocks());

  const refused = (code: ErrorCode, request: AuditedRequest, what?: Parameters<AuditLog['refused']>[2]) => audit.refused(new StepcastError(code, 'no'), request, what);

  it('has the path of what was refused, and nothing of its query, on Express and on Fastify', () => {
    refused('unauthenticated', { method: 'GET', originalUrl: '/api/v1/executions/e1/stream?ticket=secret&from=latest?x', url: '/stream?ticket=secret' });
    refused('unauthenticated', { method: 'GET', url: '/api/v1/stream?ticket=secret' });
    refused('unauthenticated', { method: 'GET', url: `/${'x'.repeat(1000)}?ticket=secret` });
    expect(lines.map(({ path }) => path)).toEqual(['/api/v1/executions/e1/stream', '/api/v1/stream', `/${'x'.repeat(299)}`]);
    expect(lines[0]).toEqual({ audit: true, action: 'request', outcome: 'unauthenticated', execution: 'e1', method: 'GET', path: '/api/v1/executions/e1/stream' });
  });

  it('says who it was, by which credential, from where, and in which request, where that is known', () => {
    audit.accepted('ticket', { principal: alice, id: 7, ip: '::1' }, { execution: 'e1' });
    audit.accepted('key_add', { id: Symbol('no') }, { key: 'k1' });
    expect(lines).toEqual([
      { audit: true, action: 'ticket', outcome: 'accepted', execution: 'e1', user: 'alice', credential: 'abcdef012345', requestId: '7', address: '::1' },
      { audit: true, action: 'key_add', outcome: 'accepted', key: 'k1' },
    ]);
  });

  it.each<[string, string, string]>([
    ['POST', '/api/v1/executions', 'start'], ['POST', '/api/v1/workflows/w/executions', 'start'], ['POST', '/api/v1/chat/w', 'start'], ['POST', '/api/v1/ag-ui/w', 'start'], ['POST', '/api/v1/executions/e/cancel', 'cancel'],
    ['POST', '/api/v1/executions/e/input', 'input'], ['POST', '/api/v1/executions/e/tickets', 'ticket'], ['POST', '/api/v1/tickets', 'ticket'], ['POST', '/api/v1/keys', 'key_add'], ['DELETE', '/api/v1/keys/k', 'key_revoke'],
    ['GET', '/api/v1/executions', 'request'], ['GET', '/api/v1/keys', 'request'], ['DELETE', '/api/v1/workflows/w', 'request'], ['POST', '/api/v1/workflows', 'request'],
  ])('names what was refused at %s %s: %s', (method, url, action) => {
    refused('forbidden', { method, url });
    expect(lines).toMatchObject([{ action, outcome: 'forbidden' }]);
  });

  it('is written of what has to do with security, and of nothing else', () => {
    for (const code of ['invalid_request', 'not_found', 'conflict', 'gone', 'journal_unavailable'] as const) refused(code, { url: '/x' });
    expect(lines).toEqual([]);
    for (const code of ['unauthenticated', 'forbidden', 'rate_limited', 'too_many_streams'] as const) refused(code, { url: '/x' });
    audit.refused(ofAnother(new StepcastError('not_found', 'there is none'), 'bob'), { principal: alice, method: 'GET', url: '/api/v1/executions/e1' });
    expect(lines.map(({ outcome, owner }) => [outcome, owner])).toEqual([['unauthenticated', undefined], ['forbidden', undefined], ['rate_limited', undefined], ['too_many_streams', undefined], ['not_found', 'bob']]);
  });

  it('says what a message on an open line was for, whatever the path of that line is', () => {
    refused('forbidden', { method: 'GET', url: '/api/v1/ws' }, { action: 'cancel', execution: 'e2' });
    expect(lines).toMatchObject([{ action: 'cancel', execution: 'e2', path: '/api/v1/ws' }]);
  });

  it('tells a start from one that is repeated', async () => {
    for (const created of [true, false]) await audit.start({ principal: alice }, async () => ({ record: { id: 'e1' }, created }));
    expect(lines).toMatchObject([{ action: 'start', outcome: 'accepted', execution: 'e1' }, { action: 'start', outcome: 'repeated', execution: 'e1' }]);
  });
});
