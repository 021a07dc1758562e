import { describe, expect, it } from '@jest/globals';
import { type HttpRequest, type Method } from './http.input.js';
import { redirectOf } from './redirect.js';

const headers = { accept: 'a/b', authorization: 'Bearer x', cookie: 'c=1', 'x-api-key': 'k', 'content-type': 'text/plain', 'idempotency-key': 'i', 'user-agent': 'u' };
const body = Buffer.from('body');
const from = (method: Method): HttpRequest => ({ method, url: new URL('https://a.example/here?x=1'), headers, ...(method === 'GET' || method === 'HEAD' ? {} : { body }) });
const to = (statusCode: number, location?: string) => ({ statusCode, headers: location === undefined ? {} : { location } });

describe('a redirect', () => {
  it.each<[number, Method, Method]>([
    [301, 'GET', 'GET'], [301, 'HEAD', 'HEAD'], [301, 'POST', 'GET'], [301, 'PUT', 'PUT'], [302, 'POST', 'GET'], [302, 'PATCH', 'PATCH'], [302, 'DELETE', 'DELETE'],
    [303, 'GET', 'GET'], [303, 'HEAD', 'HEAD'], [303, 'POST', 'GET'], [303, 'PUT', 'GET'], [303, 'DELETE', 'GET'],
    [307, 'POST', 'POST'], [307, 'GET', 'GET'], [308, 'POST', 'POST'], [308, 'PATCH', 'PATCH'],
  ])('%d makes %s a %s, whose body goes along where the method stays', (status, before, after) => {
    const next = redirectOf(from(before), to(status, '/there'));
    expect(next).toMatchObject({ method: after, url: new URL('https://a.example/there') });
    expect(next?.body).toBe(before === after ? from(before).body : undefined);
    expect(next?.headers['content-type']).toBe(before === after ? 'text/plain' : undefined);
    expect(next?.headers['authorization']).toBe('Bearer x');
  });

  it.each(['https://b.example/', 'https://a.example:444/', 'http://a.example/', '//b.example'])('to %s, another origin, takes no header along that says who asks', (location) => {
    expect(redirectOf(from('POST'), to(307, location))?.headers).toEqual({ accept: 'a/b', 'content-type': 'text/plain', 'idempotency-key': 'i', 'user-agent': 'u' });
  });

  it('goes by the place it is in, and takes UTF-8 as it is sent', () => {
    expect(redirectOf(from('GET'), to(302, '?y=2'))?.url.href).toBe('https://a.example/here?y=2');
    expect(redirectOf(from('GET'), to(302, Buffer.from('/grün').toString('latin1')))?.url.href).toBe('https://a.example/gr%C3%BCn');
  });

  it.each([200, 204, 300, 304, 305, 306, 400])('is no answer of %d', (status) => {
    expect(redirectOf(from('GET'), to(status, '/there'))).toBeUndefined();
  });

  it('is none without a location', () => {
    expect(redirectOf(from('GET'), to(302))).toBeUndefined();
  });

  it.each(['file:///etc/passwd', 'ftp://b.example', 'javascript:alert(1)', 'http://', 'https://user:word@b.example/', 'gopher://b.example:70/_x'])('to %s is refused', (location) => {
    expect(() => redirectOf(from('GET'), to(302, location))).toThrow(/^https:\/\/a\.example redirects to where no request can go: a location must /);
  });
});
