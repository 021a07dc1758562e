import { describe, expect, it } from '@jest/globals';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { inputFaults, requestOf, stepFaults } from './http.input.js';

const url = 'https://api.example/items';
const told = (input: JsonValue) => inputFaults(input).map(({ path, message }) => `${path} ${message}`);

describe('the input of the http agent', () => {
  it.each<[JsonObject]>([
    [{ url }], [{ method: 'get', url }], [{ method: 'HEAD', url }], [{ method: 'DELETE', url, body: { ids: [1] } }], [{ url, body: null }],
    [{ method: 'POST', url, headers: { 'X-Key': 'a', 'x-count': 3, 'x-on': true }, body: 'text', timeoutMs: 600_000, maxBytes: 8_388_608, failOnError: true }],
  ])('%j is taken', (input) => {
    expect(told(input)).toEqual([]);
  });

  it.each<[JsonValue, string | RegExp]>([
    [null, ' must be an object {method, url, headers, body, timeoutMs, maxBytes, failOnError}'],
    [[url], /must be an object/],
    [{}, '/url is missing'],
    [{ url: '/items' }, '/url must be an absolute URL, such as https://api.example/items'],
    [{ url: 7 }, /absolute URL/],
    [{ url: 'ftp://api.example' }, '/url must begin with http:// or https://'],
    [{ url: 'file:///etc/passwd' }, /must begin with/],
    [{ url: 'https://user:word@api.example' }, '/url must not have a user or a password in it; give an authorization header'],
    [{ url, method: 'TRACE' }, '/method must be one of GET, HEAD, POST, PUT, PATCH, DELETE'],
    [{ url, method: 'CONNECT' }, /must be one of/],
    [{ url, method: null }, /must be one of/],
    [{ url, header: {} }, /^\/header is not known; there are method, url,/],
    [{ url, body: {} }, '/body cannot be sent with GET; use another method'],
    [{ url, method: 'head', body: 'x' }, /cannot be sent with HEAD/],
    [{ url, headers: [] }, '/headers must be an object of texts by name'],
    [{ url, headers: { 'x-a': 'a\r\nx-b: b' } }, '/headers/x-a has characters that no header can carry, such as line breaks'],
    [{ url, headers: { 'x-a': 'a\nb' } }, /line breaks/],
    [{ url, headers: { 'x-a': 'a\u0000' } }, /line breaks/],
    [{ url, headers: { 'x-a': '☃' } }, /no header can carry/],
    [{ url, headers: { 'x-a': ['a'] } }, '/headers/x-a must be a text'],
    [{ url, headers: { 'x-a': null } }, /must be a text/],
    [{ url, headers: { 'x a': 'a' } }, '/headers/x a is no name of a header'],
    [{ url, headers: { 'x-a\r\n': 'a' } }, /is no name of a header/],
    [{ url, headers: { '': 'a' } }, /is no name of a header/],
    [{ url, headers: { Accept: 'a', accept: 'b' } }, '/headers/accept is given twice'],
    [{ url, headers: { 'x-a': 'a'.repeat(16_384) } }, '/headers has more than 16384 bytes'],
    [{ url, timeoutMs: 0 }, '/timeoutMs must be a whole number from 1 to 600000'],
    [{ url, timeoutMs: 600_001 }, /from 1 to 600000/],
    [{ url, timeoutMs: '5' }, /whole number/],
    [{ url, maxBytes: 8_388_609 }, '/maxBytes must be a whole number from 1 to 8388608'],
    [{ url, failOnError: 'yes' }, '/failOnError must be true or false'],
  ])('%j is refused: %s', (input, fault) => {
    expect(told(input)).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
  });

  it.each(['Host', 'connection', 'Content-Length', 'Transfer-Encoding', 'te', 'Trailer', 'Upgrade', 'Keep-Alive', 'Proxy-Authorization', 'Proxy-Connection', 'Expect', 'HTTP2-Settings'])('has no header %s of its own', (name) => {
    expect(told({ url, headers: { [name]: 'x' } })).toEqual([`/headers/${name} is set by the client itself; leave it out`]);
  });

  it('is told every fault at once', () => {
    expect(told({ method: 'FETCH', headers: { host: 'x', 'x-a': '\n' }, more: 1 })).toHaveLength(5);
  });

  it('is judged before the start as far as templates let it', () => {
    expect(stepFaults('{{input}}')).toEqual([]);
    expect(stepFaults({ method: '{{input.method}}', url: 'https://api.example/{{input.id}}', headers: { authorization: 'Bearer {{input.token}}' }, body: '{{previous}}', timeoutMs: '{{input.ms}}', failOnError: '{{input.strict}}' })
      .map(({ path }) => path)).toEqual([]);
    expect(stepFaults({ method: '{{input.method}}', headers: { host: '{{input.host}}' } }).map(({ path, message }) => `${path} ${message}`)).toEqual(['/url is missing', '/headers/host is set by the client itself; leave it out']);
    // Nothing fills a template a second time: what comes out of one is a value.
    expect(inputFaults({ url: '{{input.url}}' })).toHaveLength(1);
  });
});

describe('the request that is made of it', () => {
  it('says what it is and takes, unless it is told otherwise', () => {
    expect(requestOf({ url })).toEqual({ method: 'GET', url: new URL(url), headers: { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'stepcast' } });
    expect(requestOf({ url, headers: { Accept: 'text/csv', 'USER-AGENT': 'mine' } }).headers).toMatchObject({ accept: 'text/csv', 'user-agent': 'mine' });
  });

  it.each<[JsonValue, string, string]>([
    [{ a: 1 }, '{"a":1}', 'application/json'], [[1], '[1]', 'application/json'], [0, '0', 'application/json'], [false, 'false', 'application/json'],
    ['ünïcode', 'ünïcode', 'text/plain; charset=utf-8'], ['', '', 'text/plain; charset=utf-8'],
  ])('carries %j as %s, %s', (body, bytes, type) => {
    const request = requestOf({ method: 'post', url, body });
    expect([request.method, request.body?.toString('utf8'), request.headers['content-type']]).toEqual(['POST', bytes, type]);
    expect(requestOf({ method: 'PUT', url, body, headers: { 'Content-Type': 'a/b' } }).headers['content-type']).toBe('a/b');
  });
});
