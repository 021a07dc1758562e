import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { guardSecrets, redact, REDACTED, secretsOf } from './redact.js';

const R = REDACTED;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl-_';

describe('what looks like a secret', () => {
  const SHAPES: [string, string][] = [
    ['Incorrect API key provided: sk-proj-abcDEF123_45-6789.', `Incorrect API key provided: ${R}`],
    ['refused sk-ab*************wxyz, try again', `refused ${R}, try again`],
    ['AIzaSyA1234567890abcdefghijk is blocked', `${R} is blocked`],
    ['gsk_0123456789abcdef, xai-0123456789abcdef, rk_live_0123456789', `${R}, ${R}, ${R}`],
    [`Authorization: Bearer ${JWT}`, `Authorization: Bearer ${R}`],
    ['authorization: bearer abc.def/123+4==', `authorization: bearer ${R}`],
    ['Basic YWxpY2U6c2VjcmV0MTIz', `Basic ${R}`],
    [`the token ${JWT} has expired`, `the token ${R} has expired`],
    ['GET /api/v1/stream?ticket=tkt_abcdefgh12345678&from=latest', `GET /api/v1/stream?ticket=${R}&from=latest`],
    ['tkt_AbCdEfGh-_123456', R],
    ['stc_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde', R],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', R],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345 AKIAIOSFODNN7EXAMPLE', `${R} ${R}`],
    [`github_pat_${'0aB'.repeat(8)} glpat-${'0aB'.repeat(7)} xoxb-0123456789-ab hf_${'0aB'.repeat(8)} npm_${'0aB'.repeat(11)} ASIAIOSFODNN7EXAMPLE`, `${R} ${R} ${R} ${R} ${R} ${R}`],
    ['connect to postgres://app:s3cr3t@db.internal:5432/x failed', `connect to postgres://${R}@db.internal:5432/x failed`],
    ['https://api.example.com/v1?api_key=0123abcd&q=x', `https://api.example.com/v1?api_key=${R}&q=x`],
    ['{"apiKey":"0123abcd","password" : "hunter22","q":"x"}', `{"apiKey":"${R}","password" : "${R}","q":"x"}`],
    [JSON.stringify({ msg: '{"client_secret":"0123abcd"}' }), JSON.stringify({ msg: `{"client_secret":"${R}"}` })],
    ['X-API-Key: alice-key-0123', `X-API-Key: ${R}`],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', R],
  ];
  it.each(SHAPES)('is not told: %s', (text, told) => expect(redact(text)).toBe(told));

  it.each([
    'this needs a user; send "X-API-Key: <key>" or "Authorization: Bearer <JWT>"', 'the token is malformed; Bearer takes a JWT, and an API key belongs in X-API-Key',
    'Bearer authentication is asked for, not Basic authentication', 'a skyscraper, a task-list-of-many-things and pkgs', 'STEPCAST_API_KEYS: entry 2 must be user:key or user:key:admin',
    'the token: unknown', 'password: required', 'https://example.com/a:b/c@d', '71dbe67b-9e4f-425a-b4d5-8997b1ff34c2', 'outputTokens":12', '', 'a',
    'Unexpected token \'x\', "{"a":x}" is not valid JSON', 'steps.plan.output.key == "value"',
  ])('is no more than that, and words are left as they are: %s', (text) => expect(redact(text)).toBe(text));
});

describe('a secret that is known', () => {
  let forget: () => void = () => undefined;
  afterEach(() => forget());

  it('is not told: as it is, in JSON, in a URL', () => {
    const secret = 'a "quoted" \\ secret/é';
    forget = guardSecrets([secret]);
    expect(redact(`x ${secret} y ${JSON.stringify({ secret })} z ${encodeURIComponent(secret)}`)).toBe(`x ${R} y {"secret":"${R}"} z ${R}`);
  });

  it('is not told from eight characters on, also where it is all there is', () => {
    forget = guardSecrets(['12345678', '1234567']);
    expect(['12345678', 'a 12345678', '1234567', 'a 1234567 b'].map(redact)).toEqual([R, `a ${R}`, '1234567', 'a 1234567 b']);
  });

  it('is told again when it is forgotten, by all who have known it', () => {
    forget = guardSecrets(['shared-secret', 'other-secret']);
    const forgetToo = guardSecrets(['shared-secret']);
    forget();
    forget();
    expect(redact('shared-secret other-secret')).toBe(`${R} other-secret`);
    forgetToo();
    expect(redact('shared-secret')).toBe('shared-secret');
  });

  it('that begins with another leaves nothing', () => {
    forget = guardSecrets(['correct-horse', 'correct-horse-battery']);
    expect(redact('correct-horse-battery')).toBe(R);
  });

  it('that is as short as a word is passed by', () => {
    forget = guardSecrets(['key', 'dev', '']);
    expect(redact('the key of dev')).toBe('the key of dev');
  });

  it('is never told, whatever it is and stands in', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }), fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (secret, before, after) => {
      const done = guardSecrets([secret]);
      try {
        const told = redact(`${before}${secret}${after}`);
        expect(told.includes(secret)).toBe(`${before}${R}${after}`.includes(secret));
        expect(JSON.parse(redact(JSON.stringify({ before, secret, after })))).toBeDefined();
      } finally {
        done();
      }
    }));
  });
});

describe('options', () => {
  it('have their secrets in members that are called so', () => {
    class LlmOptions { openai = { apiKey: 'k-1', baseUrl: 'http://x' }; compatible = { groq: { apiKey: 'k-2' } }; }
    class Journal { key = 'not looked into'; }
    const options = { apiKeys: [{ user: 'ann', key: 'k-3', roles: ['admin'] }], jwt: { secret: 'k-4', issuer: 'i' }, llm: new LlmOptions(), webhooks: [{ url: 'u', secret: 'k-5' }], journal: new Journal(), synchronous: 'full' };
    expect(secretsOf(options).sort()).toEqual(['k-1', 'k-2', 'k-3', 'k-4', 'k-5']);
  });
});
