import { describe, expect, it } from '@jest/globals';
import { bodyOf } from './http.body.js';

const of = (text: string | number[], type?: string) => bodyOf(typeof text === 'string' ? Buffer.from(text) : Buffer.from(text), type);

describe('the body of an answer', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/problem+json', 'text/json', 'application/vnd.api+json;v=1'])('is a value where its type is %s', (type) => {
    expect(of('{"a":[1,null]}', type)).toEqual({ body: { a: [1, null] }, encoding: 'json' });
  });

  it('is a value with a byte order mark before it, and a JSON text is not the text around it', () => {
    expect(of('\ufeff{"a":1}', 'application/json')).toEqual({ body: { a: 1 }, encoding: 'json' });
    expect(of('"x"', 'application/json')).toEqual({ body: 'x', encoding: 'json' });
    expect(of('null', 'application/json')).toEqual({ body: null, encoding: 'json' });
  });

  it.each(['{"a":', 'upstream failed', `${'['.repeat(300)}${']'.repeat(300)}`])('is text where it says it is JSON, and is none that an output can be: %s', (text) => {
    expect(of(text, 'application/json')).toEqual({ body: text, encoding: 'text' });
  });

  it.each(['text/html', 'text/plain; charset=utf-8', 'text/csv', 'application/xml', 'image/svg+xml', 'application/x-ndjson', 'application/javascript', 'application/x-www-form-urlencoded', undefined])('is text where its type is %s', (type) => {
    expect(of('größe', type)).toEqual({ body: 'größe', encoding: 'text' });
  });

  it('is read by its character set', () => {
    expect(of([0x67, 0x72, 0xf6, 0xdf, 0x65], 'text/plain; charset=ISO-8859-1')).toEqual({ body: 'größe', encoding: 'text' });
    expect(of([0x7b, 0, 0x7d, 0], 'application/json; charset="utf-16le"')).toEqual({ body: {}, encoding: 'json' });
    expect(of('x', 'text/plain; charset=no-such-thing')).toEqual({ body: 'eA==', encoding: 'base64' });
    expect(of([0x61, 0xff], 'text/plain')).toEqual({ body: 'a\ufffd', encoding: 'text' });
  });

  it.each(['application/octet-stream', 'image/png', 'application/pdf', 'application/jsonish'])('is base64 where its type is %s', (type) => {
    expect(of([0, 255, 1], type)).toEqual({ body: 'AP8B', encoding: 'base64' });
  });

  it('is base64 without a type, where it is no text', () => {
    expect(of([0xff, 0xfe, 0x00], undefined)).toEqual({ body: '//4A', encoding: 'base64' });
  });

  it('is nothing where there is none', () => {
    for (const type of ['application/json', 'text/plain', undefined]) expect(of('', type)).toEqual({ body: null, encoding: 'none' });
  });
});
