import { type ArgumentsHost, BadRequestException, ForbiddenException, HttpException, Logger, NotFoundException, ServiceUnavailableException, UnprocessableEntityException } from '@nestjs/common';
import { type HttpAdapterHost } from '@nestjs/core';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StepcastError } from '../../contract/errors.js';
import { StreamHasEnded } from '../guards/stream.guard.js';
import { problemOf, ProblemFilter, stepcastErrorOf } from './problem.filter.js';

/** As Express's body parser throws (http-errors), and as Fastify does. */
const express = (status: number, type: string, message: string) => Object.assign(new Error(message), { status, statusCode: status, type });
const fastify = (statusCode: number, code: string, message: string) => Object.assign(new Error(message), { statusCode, code });

describe('whatever is thrown while a request is served is one of our errors', () => {
  it('as it is, where it is one', () => {
    const error = new StepcastError('gone', 'x');
    expect(stepcastErrorOf(error)).toBe(error);
  });

  it.each<[string, unknown, string, number]>([
    ['broken JSON (Express)', express(400, 'entity.parse.failed', 'Unexpected token x in JSON at position 1'), 'invalid_json', 400],
    ['broken JSON (Nest)', new BadRequestException('Unexpected end of JSON input'), 'invalid_json', 400],
    ['broken JSON (Fastify)', fastify(400, 'FST_ERR_CTP_INVALID_JSON_BODY', "Body is not valid JSON but content-type is set to 'application/json'"), 'invalid_json', 400],
    ['an empty body (Fastify)', fastify(400, 'FST_ERR_CTP_EMPTY_JSON_BODY', "Body cannot be empty when content-type is set to 'application/json'"), 'invalid_json', 400],
    ['a body that cannot be unpacked (Express)', Object.assign(new Error('incorrect header check'), { status: 400, errno: -3, code: 'Z_DATA_ERROR' }), 'invalid_json', 400],
    ['a body that cannot be unpacked (Nest)', new HttpException('unexpected end of file', 400, { cause: Object.assign(new Error('x'), { errno: -5, code: 'Z_BUF_ERROR' }) }), 'invalid_json', 400],
    ['a body that is too large (Express)', express(413, 'entity.too.large', 'request entity too large'), 'payload_too_large', 413],
    ['a body that is too large (Fastify)', fastify(413, 'FST_ERR_CTP_BODY_TOO_LARGE', 'Request body is too large'), 'payload_too_large', 413],
    ['an unknown charset (Express)', express(415, 'charset.unsupported', 'unsupported charset "X"'), 'unsupported_media_type', 415],
    ['an unknown media type (Fastify)', fastify(415, 'FST_ERR_CTP_INVALID_MEDIA_TYPE', 'Unsupported Media Type'), 'unsupported_media_type', 415],
    ['a path that cannot be decoded (Express)', express(400, '', "Failed to decode param '%E0'"), 'invalid_request', 400],
    ['an unknown route', new NotFoundException('Cannot GET /x'), 'not_found', 404],
    ['a guard that says no', new ForbiddenException(), 'forbidden', 403],
    ['a status without a code of its own', new UnprocessableEntityException('x'), 'invalid_request', 400],
    ['a method that is not taken', new HttpException('x', 405), 'method_not_allowed', 405],
  ])('for %s', (_what, thrown, code, status) => {
    expect(stepcastErrorOf(thrown)).toMatchObject({ code, status });
  });

  it.each<[string, unknown]>([
    ['a bug', new TypeError('x is undefined at /srv/app.js')], ['an error that claims success', Object.assign(new Error('x'), { status: 200 })], ['a foreign 5xx', new ServiceUnavailableException('db-7.internal')],
    ['a parser that is not on the disk any more (Express)', Object.assign(new Error("Cannot find module '../encodings'\nRequire stack:\n- /srv/app/node_modules/iconv-lite/lib/index.js"), { code: 'MODULE_NOT_FOUND', status: 400, statusCode: 400, expose: true })],
    ['null', null], ['nothing', undefined], ['a text', 'secret'], ['an odd status', { status: '404' }],
  ])('that tells nothing of itself outside: %s', (_what, thrown) => {
    const error = stepcastErrorOf(thrown);
    expect(error).toMatchObject({ code: 'internal', status: 500, cause: thrown });
    expect(problemOf(error).detail).toBe('something went wrong on the server; the log of the service says what');
  });

  it("keeps every fault that Nest's own ValidationPipe has found", () => {
    const error = stepcastErrorOf(new BadRequestException(['topic must be a string', 'depth must not be less than 1']));
    expect(error).toMatchObject({
      code: 'invalid_request', message: 'topic must be a string; depth must not be less than 1',
      faults: [{ path: '', message: 'topic must be a string' }, { path: '', message: 'depth must not be less than 1' }],
    });
  });

  it('has a message, whatever it came with', () => {
    expect(stepcastErrorOf({ status: 404 }).message).toBe('the request is refused');
  });
});

describe('a problem document (RFC 9457)', () => {
  it('says what is wrong, where, and what helps', () => {
    expect(problemOf(new StepcastError('invalid_input', 'no', { faults: [{ path: '/a', message: 'is missing' }] }))).toEqual({
      type: 'about:blank', title: 'Bad Request', status: 400, code: 'invalid_input', detail: 'no', errors: [{ path: '/a', message: 'is missing' }],
    });
    expect(problemOf(new StepcastError('gone', 'x'))).not.toHaveProperty('errors');
  });

  it('is of a bounded size, on one line and without secrets, whatever it repeats', () => {
    const long = 'x'.repeat(5000);
    const faults = Array.from({ length: 300 }, (_, i) => ({ path: `/${i}/${long}`, message: `${long}\r\n` }));
    const { detail, errors = [] } = problemOf(new StepcastError('invalid_input', `a\r\nb\u2028c\u001b[2Jd\ud800 sk-0123456789abcdef ${long}`, { faults }));
    expect(detail).toMatch(/^a\\u000d\\u000ab\\u2028c\\u001b\[2Jd\\ud800 \[redacted\] x+…$/);
    expect([detail.length, errors.length]).toEqual([1000, 100]);
    for (const { path, message } of errors) expect([path.length, message.length]).toEqual([300, 500]);
    expect(problemOf(new StepcastError('gone', '😀'.repeat(600))).detail.isWellFormed()).toBe(true);
  });
});

describe('the filter', () => {
  const headers: Record<string, string> = {};
  const adapter = {
    isHeadersSent: jest.fn(() => false), end: jest.fn(), reply: jest.fn(), setHeader: jest.fn((_response: object, name: string, value: string) => void (headers[name] = value)),
  };
  const response = {};
  const host = { switchToHttp: () => ({ getResponse: () => response }) } as unknown as ArgumentsHost;
  const filter = new ProblemFilter({ httpAdapter: adapter } as unknown as HttpAdapterHost);
  const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  beforeEach(() => {
    for (const name of Object.keys(headers)) Reflect.deleteProperty(headers, name);
    for (const mock of [adapter.end, adapter.reply, adapter.setHeader, logged]) mock.mockClear();
    adapter.isHeadersSent.mockReturnValue(false);
  });

  it('answers with a problem that no cache keeps', () => {
    const error = new StepcastError('not_found', 'there is no execution x');
    filter.catch(error, host);
    expect(adapter.reply).toHaveBeenCalledWith(response, problemOf(error), 404);
    expect(headers).toEqual({ 'Content-Type': 'application/problem+json; charset=utf-8', 'Cache-Control': 'no-store' });
    expect(logged).not.toHaveBeenCalled();
  });

  it('says when to come again, and how to authenticate', () => {
    filter.catch(new StepcastError('too_many_executions', 'x', { retryAfterSeconds: 3 }), host);
    expect(headers['Retry-After']).toBe('3');
    filter.catch(new StepcastError('unauthenticated', 'x'), host);
    expect(headers['WWW-Authenticate']).toBe('Bearer realm="stepcast"');
  });

  it('logs what was not foreseen', () => {
    const bug = new TypeError('x');
    filter.catch(bug, host);
    expect(logged).toHaveBeenCalledWith(bug);
    expect(adapter.reply).toHaveBeenCalledWith(response, expect.objectContaining({ status: 500, code: 'internal' }), 500);
  });

  it('answers a stream that has ended with 204 and nothing else, so that an EventSource stops', () => {
    filter.catch(new StreamHasEnded(), host);
    expect(adapter.reply).toHaveBeenCalledWith(response, undefined, 204);
    expect(headers).toEqual({});
  });

  it('ends an answer that has begun, and logs why', () => {
    adapter.isHeadersSent.mockReturnValue(true);
    filter.catch(new Error('late'), host);
    expect(adapter.end).toHaveBeenCalledWith(response);
    expect(adapter.reply).not.toHaveBeenCalled();
    expect(logged).toHaveBeenCalledTimes(1);
  });
});
