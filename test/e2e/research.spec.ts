import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RESEARCH_PROVIDERS } from '../../src/examples/research/research.providers.js';
import { type ResearchResult } from '../../src/examples/research/research.types.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { LlmOptions } from '../../src/llm/llm.options.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { ModelServer } from '../support/model-server/model-server.js';
import { type Answer, answer, say } from '../support/model-server/script.js';

const QUESTION = 'How do solid-state batteries age, and what slows it down?';

let models: ModelServer;
let app: TestApp;
beforeAll(async () => {
  models = await ModelServer.start();
  const options: LlmOptions = { ...models.options, defaultModel: 'demo/writer', prices: { 'local/team': { input: 2, output: 10 } } };
  app = await TestApp.start({ streaming: { llm: options }, providers: [{ provide: LlmOptions, useValue: options }, ...RESEARCH_PROVIDERS] });
});
afterEach(() => models.reset());
afterAll(async () => {
  await app.close();
  await models.close();
});

const topic = (name: string) => ({ title: `Title ${name}`, question: `Question ${name}?`, why: `Because of ${name}.` });
const plan = (...names: string[]): Answer => answer([{ json: { topics: names.map(topic) } }]);
const promptOf = (exchange: Exchange): { system: string; prompt: string } => {
  const [system, prompt] = exchange.body.messages as { content: string }[];
  return { system: system?.content ?? '', prompt: prompt?.content ?? '' };
};
/** Answers by who is asked: planners in order, researchers by the name of their topic, the editor. */
function team(parts: { plans: Answer[]; research?: (name: string) => Answer; report?: Answer }): void {
  models.always('team', (exchange) => {
    const { system, prompt } = promptOf(exchange);
    if (/^You are a research planner/.test(system)) return parts.plans.shift() ?? plan();
    const name = /^Topic: Title (.+)$/m.exec(prompt)?.[1];
    if (name !== undefined) return parts.research?.(name) ?? say('answer ', name);
    return parts.report ?? say('The report [F1].');
  });
}
const asked = (role: RegExp): string[] => models.of('team').map(promptOf).filter(({ system }) => role.test(system)).map(({ prompt }) => prompt);
const resultOf = (events: readonly ExecutionEvent[]): ResearchResult => {
  expect(events.at(-1)?.type).toBe('workflow_completed');
  return of(events, 'workflow_completed')[0]?.data.result as unknown as ResearchResult;
};
const skipped = (events: readonly ExecutionEvent[], round: number): string[] =>
  of(events, 'step_skipped').map(({ step }) => step.id).filter((id) => id.startsWith(`rounds[${round}]/`)).map((id) => id.split('/').at(-1) as string);
const start = (input: object): Promise<string> => app.alice.start('research', { question: QUESTION, model: 'local/team', ...input });
const run = async (input: object): Promise<ExecutionEvent[]> => {
  const events = await app.alice.follow(await start(input));
  assertWhole(events);
  return events;
};

describe('research with demo/writer', () => {
  it('streams researchers side by side, round after round, and a report on their findings (P7, P11)', async () => {
    const reader = await app.alice.open('/workflows/research/executions', { method: 'POST', body: { input: { question: QUESTION, breadth: 2 } } });
    await reader.whenEnded();
    const { events } = reader;
    assertWhole(events);
    const writers = [1, 2].flatMap((round) => [1, 2].map((n) => `rounds[${round}]/round/gather/branch_${n}/topic_${n}/researcher_${n}`));
    for (const step of [...writers, 'synthesis/editor']) {
      expect(of(events, 'step_output').filter((event) => event.step.id === step).length).toBeGreaterThan(20);
      expect([step, textOf(events, step)]).toEqual([step, of(events, 'step_completed', step)[0]?.data.output]);
    }
    // Within a round the two are mixed, and no round begins before the one before it has ended.
    const order = of(events, 'step_output').map(({ step }) => writers.indexOf(step.id)).filter((n) => n >= 0);
    expect(order.indexOf(1)).toBeLessThan(order.lastIndexOf(0));
    expect(order.indexOf(0)).toBeLessThan(order.lastIndexOf(1));
    expect(Math.max(order.lastIndexOf(0), order.lastIndexOf(1))).toBeLessThan(Math.min(order.indexOf(2), order.indexOf(3)));
    for (const round of [1, 2]) expect(skipped(events, round)).toEqual(['topic_3', 'topic_4', 'topic_5', 'topic_6']);

    const { report, findings, sources } = resultOf(events);
    expect(findings.map(({ id, round }) => [id, round])).toEqual([['F1', 1], ['F2', 1], ['F3', 2], ['F4', 2]]);
    expect(new Set(findings.map(({ question }) => question)).size).toBe(4);
    expect(sources.map(({ step }) => step)).toEqual(writers);
    expect(sources.every(({ model, cited }) => model === 'demo/writer' && cited)).toBe(true);
    expect(report).toContain(QUESTION);
    const planned = of(events, 'workflow_started')[0]?.data.plan;
    expect(planned?.stages.map(({ persona }) => persona)).toEqual(['Planner', 'Researcher 1', 'Researcher 2', 'Editor']);
    expect(planned?.estimatedMs).toBeLessThan(10_000);
  });
});

describe('research', () => {
  it("streams a researcher's finding when it is there, while others still work (P6)", async () => {
    const slow = Promise.withResolvers<void>();
    team({ plans: [plan('a', 'b')], research: (name) => (name === 'a' ? answer(['slowly ', { until: slow.promise }, 'done']) : say('quick')) });
    const reader = await app.alice.openExecution(await start({ depth: 1, breadth: 2 }));
    const done = await reader.untilEvent('step_completed', 'rounds[1]/round/gather/branch_2');
    expect(done.data.output).toBe('quick');
    expect(done.step).toMatchObject({ parallelIndex: 1, parallelTotal: 6 });
    expect(of(reader.events, 'step_completed', 'rounds[1]/round/gather/branch_1')).toEqual([]);
    slow.resolve();
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(resultOf(reader.events).findings.map(({ answer: text }) => text)).toEqual(['slowly done', 'quick']);
  });

  it('builds each round on the findings of those before, as deep as is asked', async () => {
    team({ plans: [plan('a', 'b'), plan('c'), plan('d', 'e')], report: say('Because of [F1, F4]; but see [F3] and [F9].') });
    const events = await run({ depth: 3, breadth: 2 });
    const plans = asked(/^You are a research planner/);
    expect(plans[0]).toBe(`Plan the research of this question. Name exactly 2 topics.\n\nQuestion: ${QUESTION}`);
    expect(plans[1]).toContain('[F1] Title a: Question a?\n\nanswer a\n\n---\n\n[F2] Title b: Question b?\n\nanswer b');
    expect(plans[2]).toMatch(/Plan round 3 of 3 .* This is the last round\.[\s\S]*\[F3\] Title c/);
    expect(asked(/^You are an editor/)[0]).toMatch(/^Write the synthesis\.\n\nQuestion: How do[\s\S]*\[F5\] Title e: Question e\?\n\nanswer e/);
    expect(asked(/^You are a researcher/).every((prompt) => prompt.includes(QUESTION))).toBe(true);
    const { report, findings, sources } = resultOf(events);
    expect(report).toBe('Because of [F1, F4]; but see [F3] and [F9].');
    expect(findings[2]).toEqual({ id: 'F3', round: 2, ...topic('c'), answer: 'answer c' });
    expect(sources.map(({ finding, cited }) => [finding, cited])).toEqual([['F1', true], ['F2', false], ['F3', true], ['F4', true], ['F5', false]]);
    expect(sources[2]).toEqual({ finding: 'F3', step: 'rounds[2]/round/gather/branch_1/topic_1/researcher_1', model: 'local/team', round: 2, why: 'Because of c.', cited: true });
    expect([1, 2, 3].map((round) => skipped(events, round).length)).toEqual([4, 5, 4]);
  });

  it('ends where nothing is left to ask, and asks nothing twice', async () => {
    team({ plans: [plan('a', 'b', 'a', 'c', 'd'), plan('b', 'a')] });
    const events = await run({ depth: 3, breadth: 3 });
    expect(resultOf(events).findings.map(({ title }) => title)).toEqual(['Title a', 'Title b', 'Title c']);
    expect(of(events, 'iteration_started')).toHaveLength(2);
    expect(skipped(events, 2)).toEqual(['topic_1', 'topic_2', 'topic_3', 'topic_4', 'topic_5', 'topic_6']);
    expect(of(events, 'message').map(({ data }) => data.text)).toEqual(expect.arrayContaining(['Left out 1 of 4 topics: there are 3 researchers', 'Nothing is left to ask']));
  });

  it('goes on without a researcher who fails, and fails where all do', async () => {
    team({ plans: [plan('a', 'b', 'c')], research: (name) => (name === 'b' ? { fail: 'content_filter' } : say('answer ', name)) });
    const events = await run({ depth: 1 });
    expect(of(events, 'step_failed').map(({ step, data }) => [step.name, data.error.code])).toEqual([['researcher_2', 'content_filter'], ['topic_2', 'content_filter'], ['branch_2', 'content_filter']]);
    expect(resultOf(events).findings.map(({ id, title }) => [id, title])).toEqual([['F1', 'Title a'], ['F2', 'Title c']]);
    expect(resultOf(events).sources[1]?.step).toMatch(/researcher_3$/);
    expect(of(events, 'message').at(-1)?.data).toMatchObject({ level: 'warn', code: 'no_answer', text: 'There is no answer on "Title b"' });

    team({ plans: [plan('a', 'b')], research: () => ({ fail: 'auth' }) });
    const failed = await run({ depth: 1 });
    expect(failed.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'model_failed', stepId: 'rounds[1]/round/collect' } } });
  });

  it('asks the question itself where the planner names no topic', async () => {
    team({ plans: [plan()] });
    const events = await run({ depth: 1 });
    expect(asked(/^You are a researcher/)).toEqual([expect.stringContaining(`Question: ${QUESTION}`)]);
    expect(resultOf(events).findings).toHaveLength(1);
  });

  it('plans as many researchers as are asked for, with time and cost', async () => {
    team({ plans: [plan('a')] });
    const planned = of(await run({ breadth: 6, depth: 3 }), 'workflow_started')[0]?.data.plan;
    expect(planned?.stages.map(({ step }) => step)).toEqual(['planner', ...[1, 2, 3, 4, 5, 6].map((n) => `researcher_${n}`), 'editor']);
    const [planner, first, , , , , , editor] = planned?.stages ?? [];
    // Researchers of a round share its time, and not its cost.
    expect(planned?.estimatedMs).toBe(3 * (planner?.estimatedMs ?? 0) + 3 * (first?.estimatedMs ?? 0) + (editor?.estimatedMs ?? 0));
    expect(planned?.estimatedCostUsd).toBeGreaterThan(18 * (first?.estimatedCostUsd ?? Infinity));
  });

  it.each([[{}], [{ question: ' ' }], [{ question: 'x', breadth: 7 }], [{ question: 'x', depth: 0 }], [{ question: 'x', depth: 1.5 }], [{ question: 'x', topics: [] }]])('refuses a wrong input: %j', async (input) => {
    const refused = await app.alice.post('/workflows/research/executions', { input });
    expect([refused.status, refused.json.code]).toEqual([400, 'invalid_input']);
  });
});
