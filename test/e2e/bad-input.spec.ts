/** Whatever is sent: the answer is a problem document with a code, and never a 5xx. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../src/contract/errors.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { type Answer, type Client } from '../support/client.js';
import { ServiceProcess } from '../support/process.js';

interface Target {
  as: TestApp['as'];
  dispose: () => Promise<void>;
  /** A part of a path that cannot be decoded or is very long: Fastify answers such by itself, before any of ours is asked. */
  oddParts: string[];
}
const targets: [string, () => Promise<Target>][] = [
  ['the service', async () => {
    const service = await ServiceProcess.start();
    return { as: (credentials) => service.as(credentials), oddParts: ['%ff', '%', 'x'.repeat(4000)], dispose: () => service.dispose() };
  }],
  ['an app on Fastify', async () => {
    const app = await TestApp.start({ platform: 'fastify' });
    return { as: (credentials) => app.as(credentials), oddParts: [], dispose: () => app.close() };
  }],
];

const flow = workflow('flow', agent('e', 'echo'));
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe.each(targets)('bad input to %s', (_name, start) => {
  let target: Target;
  let alice: Client;
  let id: string;
  beforeAll(async () => {
    target = await start();
    alice = target.as('alice');
    id = await alice.start(workflow('asking', input('ask')));
  });
  afterAll(() => target.dispose());

  /** A problem document as it has to be; answers its code. */
  const problemOf = ({ status, headers, json, text }: Answer): string => {
    const problem = json as { status: number; code: string; title: string; detail: string; errors?: { path: string; message: string }[] };
    expect([text.slice(0, 300), status >= 400 && status < 500]).toEqual([text.slice(0, 300), true]);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem).toMatchObject({ type: 'about:blank', status, title: expect.any(String), detail: expect.any(String) });
    expect(ERROR_CODES[problem.code as keyof typeof ERROR_CODES]).toBe(status);
    for (const fault of problem.errors ?? []) expect(fault).toEqual({ path: expect.stringMatching(/^(\/.*)?$/s), message: expect.stringMatching(/./) });
    return `${status} ${problem.code}`;
  };
  const pathsOf = ({ json }: Answer) => (json as { errors?: { path: string }[] }).errors?.map(({ path }) => path);

  it.each([
    '{', '{"workflow":}', 'nonsense', '{"a":1}{"b":2}', '\u0000', "{'workflow':1}", '{"input":NaN}', nested(100_000).slice(1),
  ])('text %# that is no JSON', async (body) => {
    expect(problemOf(await alice.post('/executions', body))).toBe('400 invalid_json');
  });

  it('no body, or an empty one', async () => {
    expect(problemOf(await alice.post('/executions'))).toBe('400 invalid_request');
    expect(problemOf(await alice.post('/executions', ''))).toMatch(/^400 invalid_(json|request)$/);
  });

  it.each(['[]', '[{"workflow":{}}]', '"text"', '1', 'null', 'true'])('%s, which is no object', async (body) => {
    expect(problemOf(await alice.post('/executions', body))).toMatch(/^400 invalid_(request|json)$/);
    expect(problemOf(await alice.post('/workflows', body))).toMatch(/^400 invalid_(request|json|definition)$/);
    expect(problemOf(await alice.post(`/executions/${id}/input`, body))).toMatch(/^400 invalid_(request|json)$/);
  });

  const fields: [string, unknown, string][] = [
    ['/executions', { workflow: null }, '/workflow'], ['/executions', { workflow: [] }, '/workflow'], ['/executions', { workflow: 'flow' }, '/workflow'], ['/executions', {}, '/workflow'],
    ['/executions', { workflow: flow, sessionId: 1 }, '/sessionId'], ['/executions', { workflow: flow, sessionId: '' }, '/sessionId'], ['/executions', { workflow: flow, sessionId: 'x'.repeat(201) }, '/sessionId'],
    ['/executions', { workflow: flow, more: 1 }, '/more'], ['/executions', { workflow: flow, 'a/b~c': 1 }, '/a~1b~0c'],
    ['/executions', { workflow: { ...flow, more: 1 } }, '/workflow/more'], ['/executions', { workflow: { ...flow, name: '../x' } }, '/workflow/name'], ['/workflows', { ...flow, steps: 'none' }, '/steps'],
    ['/workflows', {}, ''],
  ];
  it.each(fields)('POST %s %j names the field %s', async (path, body, fault) => {
    const answer = await alice.post(path, body);
    expect(problemOf(answer)).toMatch(/^400 invalid_(request|definition)$/);
    expect(pathsOf(answer)?.some((at) => at.startsWith(fault))).toBe(true);
  });

  it.each([
    '{"workflow":{"name":"x","steps":[]},"__proto__":{"admin":true}}', '{"workflow":{"name":"x","steps":[],"__proto__":{}}}', '{"workflow":{},"constructor":{"prototype":{"x":1}}}',
    '{"input":{"deep":[{"__proto__":null}]},"workflow":{}}', '{"workflow":{},"prototype":1}', '{"\\u005f_proto__":1}',
  ])('%s, a key that reaches into prototypes', async (body) => {
    expect(problemOf(await alice.post('/executions', body))).toMatch(/^400 invalid_(request|json)$/);
  });

  it('nesting without end', async () => {
    for (const value of [nested(65), nested(50_000), nested(30_000, '{"a":', '}').replace('{"a":}', '{}')]) {
      expect(problemOf(await alice.post(`/executions/${id}/input`, `{"value":${value}}`))).toMatch(/^400 invalid_/);
    }
    expect((await alice.status(id)).status).toBe('waiting');
  });

  it('bodies that are too large', async () => {
    expect(problemOf(await alice.post('/executions', { workflow: flow, input: 'x'.repeat(2 * 1024 * 1024) }))).toBe('413 payload_too_large');
    expect((await alice.post('/executions', { workflow: flow, input: 'x'.repeat(1000 * 1024) })).status).toBe(202);
    // Of a definition less is taken, and that is said of it.
    const large = await alice.post('/executions', { workflow: workflow('large', agent('e', 'echo', { input: 'x'.repeat(300 * 1024) })) });
    expect([problemOf(large), pathsOf(large)]).toEqual(['400 invalid_definition', ['/workflow']]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'nonsense', 'application/json+x'])('content type %s', async (type) => {
    for (const path of ['/executions', '/workflows', '/workflows/flow/executions', `/executions/${id}/cancel`, `/executions/${id}/input`]) {
      expect([path, problemOf(await alice.post(path, '{"value":1}', { 'content-type': type }))]).toEqual([path, '415 unsupported_media_type']);
    }
    expect((await alice.status(id)).status).toBe('waiting');
  });

  it('bodies that are said to be compressed', async () => {
    // An app may take them as what they are or refuse them, but neither breaks it.
    for (const encoding of ['gzip', 'br', 'nonsense']) {
      const answer = await alice.post('/executions', { workflow: flow }, { 'content-encoding': encoding });
      expect([encoding, answer.status === 202 ? '202' : problemOf(answer)]).toEqual([encoding, expect.stringMatching(/^(202|4\d\d \w+)$/)]);
    }
  });

  it('ids, names and paths of every sort', async () => {
    for (const part of ['x', '%00', '%2e%2e%2f', '%F0%9F%98%80', "'; DROP TABLE executions; --", '__proto__', 'constructor', ...target.oddParts]) {
      const encoded = part.includes("'") ? encodeURIComponent(part) : part;
      for (const path of [`/executions/${encoded}`, `/executions/${encoded}/stream`, `/executions/${encoded}/events`, `/workflows/${encoded}`, `/stream?executions=${encoded}`]) {
        expect([path.slice(0, 60), problemOf(await alice.get(path))]).toEqual([path.slice(0, 60), expect.stringMatching(/^(404 not_found|400 invalid_request|414 invalid_request)$/)]);
      }
    }
    expect((await alice.status(id)).status).toBe('waiting');
  });

  it('routes and methods that are not there', async () => {
    for (const [method, path] of [
      ['GET', '/'], ['GET', '/nothing'], ['GET', '//api/v2/executions'], ['GET', '//nothing'], ['PUT', '/executions'], ['DELETE', '/executions'], ['DELETE', `/executions/${id}`],
      ['PATCH', '/workflows/flow'], ['GET', `/executions/${id}/cancel`], ['POST', `/executions/${id}/stream`], ['POST', '/stream'], ['GET', `/executions/${id}/nothing`],
    ] as const) {
      expect([method, path, problemOf(await alice.request(method, path))]).toEqual([method, path, expect.stringMatching(/^40[45] (not_found|method_not_allowed)$/)]);
    }
  });

  it('and after all that it works as before', async () => {
    expect((await alice.post(`/executions/${id}/input`, { value: 1 })).status).toBe(202);
    expect((await alice.follow(id)).at(-1)?.type).toBe('workflow_completed');
  });
});
