import { afterEach, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { type AuthenticationRequest, Authenticator } from '../../src/auth/authenticator.js';
import { type Principal } from '../../src/auth/principal.js';
import { StepcastError } from '../../src/contract/errors.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { type EventReader, type Frame, isFarewell } from '../support/sse.js';

/** An app's own users: whoever is on the list, named in a header. */
class Members extends Authenticator {
  readonly members = new Set(['alice', 'bob']);
  /** Set where the list cannot be read. */
  broken = false;

  async authenticate({ headers }: AuthenticationRequest): Promise<Principal> {
    const user = headers['x-member'];
    if (typeof user !== 'string' || !this.members.has(user)) throw new StepcastError('unauthenticated', 'be a member, and say so in X-Member');
    return { user, roles: [], method: 'custom', credentialId: user };
  }

  async isStillValid({ user }: Principal): Promise<boolean> {
    if (this.broken) throw new Error('the list cannot be read');
    return this.members.has(user);
  }
}

let app: TestApp;
afterEach(() => app.close());

/** The last frame says why, moves no cursor, and is of no log. */
function expectFarewell({ frames }: EventReader, code: string, text: RegExp): void {
  const [before, last] = frames.slice(-2) as [Frame, Frame];
  expect([isFarewell(last), last.event, last.id]).toEqual([true, 'message', before.id]);
  expect(JSON.parse(last.data as string)).toEqual({ type: 'message', data: { level: 'warn', code, text: expect.stringMatching(text) } });
}

const waiting = workflow('waiting', agent('g', 'gate'));
const startWithMembers = async () => {
  const members = new Members();
  app = await TestApp.start({ streaming: { authenticator: members, rightsCheckMs: 50 } });
  return { members, alice: app.as({ 'x-member': 'alice' }), bob: app.as({ 'x-member': 'bob' }) };
};

describe("P15 an owner's lost right ends their open streams", () => {
  it('in every form, cleanly, and nobody else\'s; the execution goes on', async () => {
    const { members, alice, bob } = await startWithMembers();
    const id = await alice.start(waiting);
    const { ticket } = (await alice.post(`/executions/${id}/tickets`)).json as { ticket: string };
    const { ticket: wide } = (await alice.post('/tickets')).json as { ticket: string };
    const streams: EventReader[] = await Promise.all([
      alice.openExecution(id), alice.open(`/stream?executions=${id}`), alice.open('/stream'),
      alice.open('/executions', { method: 'POST', body: { workflow: waiting } }),
      app.as(undefined).openExecution(id, `?ticket=${ticket}`), app.as(undefined).open(`/stream?ticket=${wide}`),
    ]);
    await Promise.all(streams.map((stream) => stream.untilEvent('step_started')));
    const bobs = await bob.start(waiting);
    const other = await bob.openExecution(bobs);
    await other.untilEvent('step_started');
    const { ticket: unused } = (await alice.post(`/executions/${id}/tickets`)).json as { ticket: string };

    members.members.delete('alice');
    for (const stream of streams) {
      expect(await stream.whenEnded()).toBe('end');
      expectFarewell(stream, 'unauthenticated', /is not taken any more/);
    }
    expect((await alice.openExecution(id)).status).toBe(401);
    expect((await app.as(undefined).openExecution(id, `?ticket=${unused}`)).status).toBe(401);

    app.stage.gate(bobs, 'g').open();
    await other.whenEnded();
    assertWhole(other.events);
    // Back on the list, alice finds that her execution has not minded.
    app.stage.gate(id, 'g').open();
    members.members.add('alice');
    const events = await alice.follow(id);
    assertWhole(events);
    expect(events.at(-1)?.type).toBe('workflow_completed');
  });

  it('when a token has expired, its tickets included', async () => {
    const secret = 'a secret of thirty-two bytes, or more';
    // By the clock that tokens are held against, which is ten minutes behind until the streams are open.
    let behindMs = 600_000;
    app = await TestApp.start({ streaming: { jwt: { secret, now: () => Date.now() - behindMs }, rightsCheckMs: 50 } });
    const sign = (inSeconds: number) => new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject('carol').setExpirationTime(Math.floor(Date.now() / 1000) + inSeconds).sign(Buffer.from(secret));
    const [short, long] = [app.as({ authorization: `Bearer ${await sign(-60)}` }), app.as({ authorization: `Bearer ${await sign(600)}` })];
    const id = await short.start(waiting);
    const { ticket } = (await short.post(`/executions/${id}/tickets`)).json as { ticket: string };
    const ending = await Promise.all([short.openExecution(id), short.open('/stream'), app.as(undefined).openExecution(id, `?ticket=${ticket}`)]);
    const lasting = await long.openExecution(id);
    await Promise.all(ending.map((stream) => stream.untilEvent('step_started')));
    behindMs = 0;
    for (const stream of ending) {
      expect(await stream.whenEnded()).toBe('end');
      expectFarewell(stream, 'unauthenticated', /^the token .* has expired; authenticate anew/);
    }
    expect(await short.get('/executions')).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    app.stage.gate(id, 'g').open();
    await lasting.whenEnded();
    assertWhole(lasting.events);
  });

  it('and where it cannot be told whether they still have it, ends them as cleanly, with the cursor unharmed', async () => {
    const { members, alice } = await startWithMembers();
    const id = await alice.start(waiting);
    const streams = await Promise.all([alice.openExecution(id), alice.open('/executions', { method: 'POST', body: { workflow: waiting } })]);
    await Promise.all(streams.map((stream) => stream.untilEvent('step_started')));
    members.broken = true;
    for (const stream of streams) {
      expect(await stream.whenEnded()).toBe('end');
      expect(stream.frames.map(({ event }) => event)).toEqual(['workflow_started', 'step_started', 'message']);
      expectFarewell(stream, 'authentication_unavailable', /reconnect/);
      expect(stream.lastEventId).toBe('2');
    }
    members.broken = false;
    app.stage.gate(id, 'g').open();
    assertWhole(await alice.follow(id, '', { 'last-event-id': '2' }), 3);
  });
});
