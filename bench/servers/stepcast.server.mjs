/** Stepcast in a Nest app: each stream is an execution whose agent makes the pieces, all of them in the SQLite journal. */
import { NestFactory } from '@nestjs/core';
import { answerCalls } from '../lib/calls.mjs';
import { memory, range } from '../lib/engine.mjs';
import { Credits } from '../lib/production.mjs';
import { produce } from '../lib/server.mjs';
import { agentProvider, API_KEY, importStepcast, serviceModule, workflowProvider } from '../lib/stepcast.mjs';

const { agent, ExecutionService } = await importStepcast();

const credits = new Credits();
let executions;
let plan;
let begin;
let made;

/** Waits until all subscribers are there, then makes the pieces of its stream. */
const source = agentProvider('source', async (context) => {
  const { index } = context.input;
  await begin.promise;
  made[index].resolve(await produce(plan, index, credits, (pieces) => {
    for (const piece of pieces) context.text(piece);
  }));
});

answerCalls({
  memory,
  async listen({ dataDir }) {
    const providers = [source, workflowProvider('stream', [agent('source')])];
    const app = await NestFactory.create(serviceModule(providers, { dataDir }), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    executions = app.get(ExecutionService);
    return { port: app.getHttpServer().address().port, ackPort: await credits.listen() };
  },
  async open(given) {
    plan = given;
    begin = Promise.withResolvers();
    made = range(plan.streams, () => Promise.withResolvers());
    if (plan.window) credits.reset(plan);
    const started = await Promise.all(range(plan.streams, (index) => executions.start('stream', { index }, { user: 'bench' })));
    // Every stream begins with workflow_started and step_started.
    return { paths: started.map(({ record }) => `/api/v1/executions/${record.id}/stream`), before: 2, headers: { 'X-API-Key': API_KEY } };
  },
  async produce() {
    begin.resolve();
    const [pieces] = await Promise.all(made.map(({ promise }) => promise));
    return { pieces };
  },
});
