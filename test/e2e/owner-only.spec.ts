import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { type Client } from '../support/client.js';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const asking = workflow('asking', agent('e', 'echo'), input('ask'));

/** Every route of an execution. */
const routes = (id: string): [method: string, path: string, body?: object][] => [
  ['GET', `/executions/${id}`],
  ['GET', `/executions/${id}/stream`],
  ['GET', `/executions/${id}/stream?from=latest`],
  ['GET', `/executions/${id}/events`],
  ['GET', `/executions/${id}/definition`],
  ['POST', `/executions/${id}/input`, { value: 1 }],
  ['POST', `/executions/${id}/tickets`],
  ['GET', `/stream?executions=${id}`],
  ['POST', `/executions/${id}/cancel`, { reason: 'not yours' }],
];

describe.each<Platform>(['express', 'fastify'])('what belongs to another user, on %s', (platform) => {
  let app: TestApp;
  let id: string;
  beforeAll(async () => {
    app = await TestApp.start({ platform });
    id = await app.alice.start(asking);
    await (await app.alice.openExecution(id)).untilEvent('input_required');
  });
  afterAll(() => app.close());

  const answers = async (client: Client, execution: string) => {
    const all = [];
    for (const [method, path, body] of routes(execution)) {
      const reader = await client.open(path, { method, body, headers: { accept: '*/*' } });
      if (reader.status === 200 && path.includes('stream')) {
        // A stream that is there never ends while the question stands.
        reader.close();
        all.push({ status: 200, text: '' });
      } else {
        all.push({ status: reader.status, text: (await reader.body()).replaceAll(execution, '<id>') });
        // An answer that was taken ends it: what comes after finds it so.
        if (path.endsWith('/input') && reader.status === 202) await client.follow(execution);
      }
    }
    return all;
  };
  const statuses = async (client: Client, execution: string) => (await answers(client, execution)).map(({ status }) => status);

  it('answers as if it did not exist, word for word', async () => {
    const foreign = await answers(app.bob, id);
    expect(foreign).toEqual(await answers(app.bob, UNKNOWN));
    expect(foreign.map(({ status }) => status)).toEqual(Array(routes(id).length).fill(404));
    expect((await app.bob.get('/executions')).json.executions).toEqual([]);
    // Nothing of it had an effect.
    expect((await app.alice.status(id)).status).toBe('waiting');
  });

  it('needs a user at all', async () => {
    expect(await statuses(app.as(undefined), id)).toEqual(Array(routes(id).length).fill(401));
    for (const [method, path, body] of [['GET', '/executions'], ['POST', '/executions', {}], ['GET', '/workflows'], ['POST', '/workflows', {}], ['GET', '/workflows/x'], ['DELETE', '/workflows/x'], ['POST', '/workflows/x/executions', {}], ['POST', '/tickets'], ['GET', '/stream']] as const) {
      expect([path, (await app.as(undefined).request(method, path, { body })).status]).toEqual([path, 401]);
    }
  });

  it('is there for its owner and for admins', async () => {
    for (const client of [app.alice, app.root]) {
      const own = await app.alice.start(asking);
      await (await client.openExecution(own)).untilEvent('input_required');
      // Answering ends it, so that the cancel that comes last finds it completed.
      const [state, , , page, definition, answered, ticket, , cancelled] = await statuses(client, own);
      expect([state, page, definition, answered, ticket, cancelled]).toEqual([200, 200, 200, 202, 201, 409]);
    }
    expect((await app.root.get(`/executions/${UNKNOWN}`)).status).toBe(404);
  });
});
