/**
 * The whole OpenAPI document, fuzzed: 5,000 requests by chance to every path and method of it, right, nearly right and
 * garbage, by all kinds of users, at a running service. No answer may be one that is not foreseen.
 *
 * What is drawn is the same each time; `STEPCAST_FUZZ_SEED=random` (or a number) draws something else, and
 * `STEPCAST_FUZZ_RUNS=100000` more of it. The seed is printed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { randomInt } from 'node:crypto';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { Contract } from '../openapi/support/contract.js';
import { assertWhole } from '../support/assert-whole.js';
import { type User } from '../support/client.js';
import { ServiceProcess } from '../support/process.js';
import { exchangeRaw, noHttp } from './support/raw.http.js';
import { type FuzzRequest, RequestArbitraries } from './support/request.arbitrary.js';
import { Verdict } from './support/verdict.js';
import { type Sent, Wire } from './support/wire.js';
import { World } from './support/world.js';

const { STEPCAST_FUZZ_SEED = '20261120', STEPCAST_FUZZ_RUNS = '5000' } = process.env;
const SEED = STEPCAST_FUZZ_SEED === 'random' ? randomInt(0x7fff_ffff) : Number(STEPCAST_FUZZ_SEED);
const RUNS = Number(STEPCAST_FUZZ_RUNS);
/** How many requests are under way at once. */
const LANES = 8;
/** Some requests are cut before they are whole, and get no answer. */
const DRAWN_PER_LANE = Math.ceil((RUNS * 1.05) / LANES);
/** Bytes that are no HTTP, or hardly. */
const RAW_RUNS = Math.ceil(RUNS / 5);
/** Milliseconds for all of it: twenty times what it takes where nothing else runs. */
const PATIENCE_MS = 120_000 + RUNS * 60;

const JWT_SECRET = 'a-secret-of-the-fuzz-of-32-bytes-or-more';
const MANY = '1000000';
/** Executions of each user that wait for an answer from the start. */
const WAITING = 20;
/** Limits are lifted, so that nothing is refused for them; work without end is bounded, so that it leaves room for the rest. */
const ENV = {
  STEPCAST_RATE_LIMIT: '1000000000/60', STEPCAST_START_LIMIT: '1000000000/60', STEPCAST_MAX_STREAMS_PER_USER: MANY, STEPCAST_MAX_STREAMS: MANY, STEPCAST_MAX_EXECUTIONS_PER_USER: MANY, STEPCAST_MAX_EXECUTIONS: MANY,
  STEPCAST_MAX_QUEUED_PER_USER: MANY, STEPCAST_MAX_QUEUED: MANY, STEPCAST_HEARTBEAT_MS: '100', STEPCAST_MAX_EVENTS_PER_EXECUTION: '1000', STEPCAST_JWT_SECRET: JWT_SECRET, STEPCAST_RETENTION_MS: '20000',
};

const SHORT: WorkflowDefinition = { name: 'short', steps: [{ type: 'agent', name: 'say', agent: 'tokens', input: { text: 'one two three' } }, { type: 'agent', name: 'end', agent: 'echo', input: '{{input}}' }] };
const WAITS: WorkflowDefinition = { name: 'waits', steps: [{ type: 'input', name: 'ask', schema: { type: ['boolean', 'string', 'null'] } }, { type: 'agent', name: 'after', agent: 'echo' }] };
const FAILS: WorkflowDefinition = { name: 'fails', steps: [{ type: 'agent', name: 'fail', agent: 'flaky', input: { failures: 9 } }] };
const LASTS: WorkflowDefinition = { name: 'lasts', steps: [{ type: 'parallel', name: 'both', steps: [{ type: 'agent', name: 'sleep', agent: 'delay', input: { ms: 86_400_000 } }, { type: 'agent', name: 'slow', agent: 'tokens', input: { count: 500, intervalMs: 300 } }] }] };

let service: ServiceProcess;
let contract: Contract;
let document: OpenAPIObject;
let wire: Wire;
const world = new World();

beforeAll(async () => {
  service = await ServiceProcess.start({ env: ENV });
  document = (await service.as(undefined).get('//docs-json')).json as OpenAPIObject;
  contract = new Contract(document);
  const token = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(JWT_SECRET));
  wire = new Wire(service.base, world, token, LANES);
  for (const user of ['alice', 'bob', 'root'] as const satisfies User[]) {
    const client = service.as(user);
    for (const definition of [SHORT, SHORT, FAILS, LASTS]) world.add('own', user, await client.start(definition, { text: 'It is so.' }));
    for (let i = 0; i < WAITING; i++) world.add('waiting', user, await client.start(WAITS, i));
    for (const definition of [SHORT, WAITS]) {
      expect((await client.post('/workflows', definition)).status).toBe(201);
      world.add('workflows', user, definition.name);
    }
  }
});
afterAll(async () => {
  wire?.close();
  await service?.dispose();
});

describe('whatever is sent', () => {
  it('is answered as documented, and never by a 5xx; then the service is as well as before', async () => {
    const verdict = new Verdict(contract);
    let answered = 0;
    const judge = async (request: FuzzRequest) => {
      const sent = wire.prepare(request);
      try {
        const reply = await wire.send(sent, request.body?.framing === 'short');
        if (!reply) return;
        answered += 1;
        verdict.judge(sent, reply);
        world.learn(sent.method, sent.target, reply.status, reply.text, sent.user);
      } catch (error) {
        throw new Error(`${printed(sent)}\n→ ${(error as Error).message}`, { cause: error });
      }
    };
    const requests = new RequestArbitraries(document).any();
    // Each lane sends one request after the other, so that what fails in it can be made smaller.
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) =>
      fc.check(fc.asyncProperty(requests, judge), { seed: SEED + lane, numRuns: DRAWN_PER_LANE, interruptAfterTimeLimit: PATIENCE_MS - 60_000 })));
    process.stderr.write(`fuzz: seed ${SEED}, ${answered} requests answered: ${verdict.summary()}\n`);
    const failures = lanes.filter(({ failed }) => failed).map(({ errorInstance, seed, counterexamplePath }) => `seed ${seed}, path ${counterexamplePath}\n${(errorInstance as Error | null)?.message}`);
    if (failures.length) throw new Error(failures.join('\n\n'));
    expect(answered).toBeGreaterThanOrEqual(RUNS);
    expect(verdict.unreached()).toEqual([]);
    await assertWell();
    expect(errorsLogged()).toEqual([]);
  }, PATIENCE_MS);

  it('as HTTP that is none is refused, or hung up on', async () => {
    await fc.assert(fc.asyncProperty(noHttp, async (bytes) => {
      const answer = await exchangeRaw(service.port, bytes);
      const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
      expect([answer, statuses.filter((status) => status >= 500)]).toEqual([answer, []]);
    }), { seed: SEED, numRuns: RAW_RUNS });
    await assertWell();
    expect(errorsLogged()).toEqual([]);
  }, PATIENCE_MS);

  it('leaves a journal behind that the next start goes on with', async () => {
    expect(await service.end()).toEqual({ code: 0, signal: null });
    service = await service.restart();
    await assertWell();
    expect(errorsLogged()).toEqual([]);
  });
});

async function assertWell(): Promise<void> {
  for (const path of ['//health/live', '//health/ready']) expect(await service.as(undefined).get(path)).toMatchObject({ status: 200, json: { status: 'ok' } });
  const alice = service.as('alice');
  const id = await alice.start(SHORT, { as: 'ever' });
  const events = await alice.follow(id);
  assertWhole(events);
  expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { as: 'ever' } } });
}

/** Lines of the log of level error and above, and what is no log line at all but for the greeting. */
function errorsLogged(): string[] {
  return service.output.split('\n').filter((line) => /"level":[56]0\b/.test(line) || /UnhandledPromise|Warning:/.test(line)).map((line) => line.slice(0, 2000));
}

/** As it could be sent again. */
function printed({ method, target, headers, body }: Sent): string {
  const text = body === undefined ? '' : `\n\n${body.subarray(0, 3000).toString('latin1')}${body.length > 3000 ? `… (${body.length} bytes)` : ''}`;
  return `${method} ${target}\n${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}${text}`;
}
