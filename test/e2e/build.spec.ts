import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BUILD_PROVIDERS } from '../../src/examples/build/build.providers.js';
import { type BuildResult } from '../../src/examples/build/build.types.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { LlmOptions } from '../../src/llm/llm.options.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline, textOf } from '../support/assert-whole.js';
import { ModelServer } from '../support/model-server/model-server.js';
import { type Answer, answer, say } from '../support/model-server/script.js';

const TASK = 'A rate limiter with a sliding window for HTTP requests';
const MODEL = 'local/team';
/** The steps in which personas write text, in the order they are reached with one refinement. */
const WRITERS = [
  'design/architect', 'coding/coder', 'rounds[1]/round/review/reviewer', 'rounds[2]/round/rework/refinement/refiner', 'rounds[2]/round/review/reviewer', 'documentation/documenter',
];

let models: ModelServer;
let app: TestApp;
const start = (options: LlmOptions): Promise<TestApp> => TestApp.start({ streaming: { llm: options }, providers: [{ provide: LlmOptions, useValue: options }, ...BUILD_PROVIDERS] });
beforeAll(async () => {
  models = await ModelServer.start();
  app = await start({ ...models.options, defaultModel: 'demo/writer', prices: { [MODEL]: { input: 2, output: 10 } } });
});
afterEach(() => models.reset());
afterAll(async () => {
  await app.close();
  await models.close();
});

/** What the reviewer writes, and the verdict that it puts it into. */
const reject = (...issues: string[]) => [say('Not ', 'yet.'), answer([{ json: { approved: false, issues } }])];
const approve = [say('All ', 'well.'), answer([{ json: { approved: true, issues: [] } }])];
const resultOf = (events: readonly ExecutionEvent[]): BuildResult => {
  expect(events.at(-1)?.type).toBe('workflow_completed');
  return of(events, 'workflow_completed')[0]?.data.result as unknown as BuildResult;
};
const asked = (n: number): { system: string; prompt: string } => {
  const [system, prompt] = models.of('team')[n]?.body.messages as { content: string }[];
  return { system: system?.content ?? '', prompt: prompt?.content ?? '' };
};
const outputOf = (events: readonly ExecutionEvent[], step: string) => of(events, 'step_completed', step).at(-1)?.data.output;

describe('build with demo/writer', () => {
  let events: ExecutionEvent[];
  beforeAll(async () => {
    const reader = await app.alice.open('/workflows/build/executions', { method: 'POST', body: { input: { task: TASK, language: 'TypeScript' } } });
    expect(reader.status).toBe(200);
    await reader.whenEnded();
    events = reader.events;
  });

  it('streams every persona token by token, one after the other (P7, P11)', () => {
    assertWhole(events);
    const pieces = of(events, 'step_output');
    for (const step of WRITERS) {
      expect(pieces.filter((event) => event.step.id === step).length).toBeGreaterThan(20);
      expect([step, textOf(events, step)]).toEqual([step, outputOf(events, step)]);
    }
    const order = pieces.map(({ step }) => step.id).filter((id, i, all) => id !== all[i - 1]);
    expect(order).toEqual(WRITERS);
  });

  it('tells from the start who does what', () => {
    const plan = of(events, 'workflow_started')[0]?.data.plan;
    expect(plan?.stages.map(({ step, persona }) => [step, persona])).toEqual([['architect', 'Architect'], ['coder', 'Coder'], ['reviewer', 'Reviewer'], ['refiner', 'Refiner'], ['documenter', 'Documenter']]);
    expect(plan?.stages.every(({ stage, estimatedMs = 0 }) => stage !== '' && estimatedMs > 0)).toBe(true);
    expect(plan?.estimatedMs).toBeGreaterThan(Math.max(...(plan?.stages.map(({ estimatedMs = 0 }) => estimatedMs) ?? [])));
    // It is far quicker than the models that the personas are made for.
    expect(plan?.estimatedMs).toBeLessThan(10_000);
    // demo/writer has no price, and none is made up.
    expect(JSON.stringify(plan)).not.toContain('Usd');
    const steps = new Set(events.map(({ step }) => step?.name));
    for (const { step } of plan?.stages ?? []) expect(steps).toContain(step);
  });

  it('gives design, code, review and documentation, and what they took', async () => {
    const { design, code, review, documentation } = resultOf(events);
    expect(design).toBe(outputOf(events, 'design/architect'));
    expect(code).toBe(outputOf(events, 'rounds[2]/round/rework/refinement/refiner'));
    expect(documentation).toContain(TASK);
    expect(review).toMatchObject({ approved: true, issues: [], rounds: [{ round: 1, approved: false }, { round: 2, approved: true }] });
    const status = await app.alice.status(events[0]?.executionId as string);
    const used = of(events, 'step_completed').filter(({ data }) => data.usage);
    expect(used).toHaveLength(8);
    expect(status.usage.totalTokens).toBe(used.reduce((sum, { data }) => sum + (data.usage?.totalTokens ?? 0), 0));
    // Who comes late is told the same (P5).
    expect(await app.alice.follow(status.id)).toEqual(events);
  });
});

describe('the verdict of the reviewer in build', () => {
  const run = async (input: object): Promise<ExecutionEvent[]> => {
    const events = await app.alice.follow(await app.alice.start('build', { task: TASK, model: MODEL, ...input }));
    assertWhole(events);
    return events;
  };

  it('sends the code back until it is approved', async () => {
    models.script('team', say('the ', 'design'), say('code 1'), ...reject('It leaks.', 'It hangs.'), say('code', ' 2'), ...reject('It hangs still.'), say('code 3'), ...approve, say('the ', 'manual'));
    const events = await run({ language: 'Rust' });
    expect(resultOf(events)).toEqual({
      design: 'the design', code: 'code 3', documentation: 'the manual',
      review: {
        approved: true, issues: [],
        rounds: [{ round: 1, approved: false, issues: ['It leaks.', 'It hangs.'] }, { round: 2, approved: false, issues: ['It hangs still.'] }, { round: 3, approved: true, issues: [] }],
      },
    });
    expect(of(events, 'iteration_started').map(({ data }) => data.iteration)).toEqual([1, 2, 3]);
    expect(of(events, 'step_skipped').map(({ step }) => step.id)).toEqual(['rounds[1]/round/rework/refinement', 'rounds[2]/round/rework/as_drafted', 'rounds[3]/round/rework/as_drafted']);
    // Each persona has instructions of its own, and is given the work of those before it.
    const reviewers = ['strict and fair code reviewer', 'reviewer who has written the review that you are given'];
    expect([...models.of('team').keys()].map((n) => /you are (?:an?|the) ([\w ]+)/i.exec(asked(n).system)?.[1])).toEqual([
      'software architect', 'experienced programmer', ...reviewers, 'refiner', ...reviewers, 'refiner', ...reviewers, 'technical writer',
    ]);
    for (const n of [0, 1, 2, 3, 4, 10]) expect(asked(n).prompt).toContain(`Task: ${TASK}\nLanguage: Rust`);
    expect(asked(1).prompt).toContain('<design>\nthe design\n</design>');
    expect(asked(2).prompt).toMatch(/<code>\ncode 1\n<\/code>\n\nThis is the first review\.$/);
    expect(asked(3).prompt).toMatch(/This is the first review\.\n\n<review>\nNot yet\.\n<\/review>$/);
    expect(asked(4).prompt).toMatch(/<code>\ncode 1\n<\/code>\n\n<review>\n1\. It leaks\.\n2\. It hangs\.\n<\/review>/);
    expect(asked(5).prompt).toMatch(/<code>\ncode 2\n<\/code>\n\nThis is a revised version, after review 1\. That review has found:\n1\. It leaks\.\n2\. It hangs\.$/);
    expect(asked(7).prompt).toContain('<code>\ncode 2\n</code>\n\n<review>\n1. It hangs still.\n</review>');
    expect(asked(10).prompt).toMatch(/<code>\ncode 3\n<\/code>\n\nIssues that are left open: none$/);
  });

  it('lets an approved draft through, without a refinement', async () => {
    models.script('team', say('design'), say('code'), ...approve, say('manual'));
    const events = await run({});
    expect(resultOf(events)).toMatchObject({ code: 'code', review: { approved: true, rounds: [{ round: 1 }] } });
    expect(outline(events).filter((line) => /refiner/.test(line))).toEqual([]);
    expect(of(events, 'iteration_started')).toHaveLength(1);
  });

  it('is kept where the rounds are used up: what is open is told, and nothing is approved', async () => {
    models.script('team', say('design'), say('code 1'), ...reject('It leaks.'), say('code 2'), ...reject('It leaks still.'), say('manual'));
    const events = await run({ maxRounds: 1 });
    expect(resultOf(events)).toMatchObject({ code: 'code 2', review: { approved: false, issues: ['It leaks still.'], rounds: [{ round: 1 }, { round: 2 }] } });
    expect(of(events, 'message').map(({ data }) => [data.level, data.code])).toEqual([['info', 'not_approved'], ['warn', 'not_approved']]);
    expect(asked(7).prompt).toContain('Issues that are left open: 1. It leaks still.');
  });

  it('is asked for again where it is no verdict, and text of a cut answer is void (P11)', async () => {
    models.script('team', answer(['half a ', { cut: true }]), say('whole ', 'design'), say('code'), say('Well.'), answer([{ json: { approved: 'yes' } }]), approve[1] as Answer, say('manual'));
    const events = await run({});
    expect(of(events, 'step_retrying').map(({ step, data }) => [step.id, data.error.code])).toEqual([['design/architect', 'overloaded'], ['rounds[1]/round/decision/decider', 'output_invalid']]);
    expect(textOf(events, 'design/architect')).toBe('whole design');
    expect(outputOf(events, 'design/architect')).toBe('whole design');
    expect(resultOf(events).review.approved).toBe(true);
  });

  it('costs what the price says, in the plan and in the end', async () => {
    models.script('team', ...[say('design'), say('code'), ...approve, say('manual')].map((each) => ({ ...each, usage: { input: 1000, output: 500 } })));
    const events = await run({});
    const plan = of(events, 'workflow_started')[0]?.data.plan;
    const each = plan?.stages.map(({ estimatedCostUsd = 0 }) => estimatedCostUsd) ?? [];
    expect(Math.min(...each)).toBeGreaterThan(0);
    // The reviewer is expected twice.
    expect(plan?.estimatedCostUsd).toBeCloseTo(each.reduce((sum, cost) => sum + cost, 0) + (each[2] as number), 8);
    const { usage } = await app.alice.status(events[0]?.executionId as string);
    expect(usage).toMatchObject({ inputTokens: 5000, outputTokens: 2500, costUsd: 0.035 });
  });
});

describe('build after a restart', () => {
  it('goes on in the round it was in, with the model it began with, and its text is exact (P11, P12)', async () => {
    const never = Promise.withResolvers<void>();
    models.script('team', say('design'), say('code 1'), ...reject('It leaks.'), answer(['code', ' half', { until: never.promise }]));
    const id = await app.alice.start('build', { task: TASK, model: MODEL });
    const refiner = 'rounds[2]/round/rework/refinement/refiner';
    await (await app.alice.openExecution(id)).untilEvent('step_output', refiner);
    models.script('team', say('code', ' whole'), ...approve, say('manual'));
    app = await app.restart();
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'workflow_resumed')).toHaveLength(1);
    expect(of(events, 'step_started').filter(({ step }) => step.type === 'agent' && step.attempt > 1).map(({ step }) => step.id)).toEqual([refiner]);
    expect([textOf(events, refiner), outputOf(events, refiner)]).toEqual(['code whole', 'code whole']);
    expect(resultOf(events)).toMatchObject({ code: 'code whole', review: { rounds: [{ approved: false }, { approved: true }] } });
    expect(models.of('team')).toHaveLength(9);
  });
});

describe('build is refused at the start', () => {
  it('without a model that could be called, and names what is to be set', async () => {
    const given = { ...process.env };
    for (const name of Object.keys(given)) if (/^LLM_|_API_KEY$/.test(name)) delete process.env[name];
    const bare = await start({});
    try {
      const refused = await bare.alice.post('/workflows/build/executions', { input: { task: TASK } });
      expect([refused.status, refused.json.code]).toEqual([400, 'model_not_configured']);
      expect(refused.json.detail).toMatch(/LLM_MODEL/);
      const unkeyed = await bare.alice.post('/workflows/build/executions', { input: { task: TASK, model: 'openai/gpt-5' } });
      expect([unkeyed.status, unkeyed.json.code]).toEqual([400, 'model_not_configured']);
      expect(unkeyed.json.detail).toMatch(/OPENAI_API_KEY/);
      expect((await bare.alice.post('/workflows/build/executions', { input: { task: TASK, model: 'nobody/x' } })).status).toBe(400);
      expect(await bare.alice.count()).toBe(0);
      // A model that the input names is enough.
      const id = await bare.alice.start('build', { task: TASK, model: 'demo/writer' });
      expect((await bare.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    } finally {
      Object.assign(process.env, given);
      await bare.close();
    }
  });

  it.each([[{}], [{ task: ' ' }], [{ task: 'x', maxRounds: 6 }], [{ task: 'x', maxRounds: 0 }], [{ task: 'x', language: '' }], [{ task: 'x', other: 1 }]])('with a wrong input: %j', async (input) => {
    const refused = await app.alice.post('/workflows/build/executions', { input });
    expect([refused.status, refused.json.code]).toEqual([400, 'invalid_input']);
  });
});
