import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type JsonValue, toJson } from '../../../contract/json.js';
import { type AgentContext, type AgentHandler, Piece } from '../../../orchestration/agent.js';
import { type BriefResult, type Keywords, type Plan, type ReadabilityReport, type Selection, type SentimentReport } from '../brief.types.js';
import { English } from '../text/english.js';
import { oneLine } from '../text/paragraphs.js';
import { Readings } from '../text/readings.js';
import { KeepAgent } from './keep.agent.js';
import { KeywordsAgent } from './keywords.agent.js';
import { PickAgent } from './pick.agent.js';
import { PlanAgent } from './plan.agent.js';
import { RankAgent } from './rank.agent.js';
import { ReadabilityAgent } from './readability.agent.js';
import { SentimentAgent } from './sentiment.agent.js';
import { SummaryAgent } from './summary.agent.js';

const shipped = (name: string): string => readFileSync(new URL(`../../../../examples/texts/${name}.txt`, import.meta.url), 'utf8');
const readings = new Readings(new English());
const [plan, keywords, readability, sentiment, rank, summary] = [
  new PlanAgent(readings), new KeywordsAgent(readings), new ReadabilityAgent(readings),
  new SentimentAgent(readings), new RankAgent(readings), new SummaryAgent(readings),
];
const [pick, keep] = [new PickAgent(), new KeepAgent()];

interface Run<Output> {
  output: Output;
  progress: { fraction: number; state?: string; metadata?: JsonValue }[];
  texts: string[];
  logs: string[];
}

/** Runs an agent as the engine does: a copy of the input, a generator to its end, the output as JSON. */
async function run<Output>(agent: AgentHandler<never>, input: unknown, signal = new AbortController().signal): Promise<Run<Output>> {
  const seen: Run<Output> = { output: undefined as Output, progress: [], texts: [], logs: [] };
  const piece = new Piece();
  const context: AgentContext<unknown> = {
    input: toJson(input), user: 'dev', executionId: 'e', workflow: 'brief', sessionId: null, stepId: 's', attempt: 1, iteration: 0,
    idempotencyKey: 'e/s', signal, results: {},
    progress: (fraction, state, metadata) => (seen.progress.push({ fraction, ...(state === undefined ? {} : { state }), ...(metadata === undefined ? {} : { metadata }) }), piece),
    text: (delta) => (seen.texts.push(delta), piece),
    log: (text) => (seen.logs.push(text), piece),
    reasoning: () => piece,
    data: () => piece,
    toolInput: () => piece,
    toolCall: () => piece,
    toolResult: () => piece,
    usage: () => undefined,
  };
  let given: unknown = await agent.execute(context as never);
  if (given !== null && typeof given === 'object' && Symbol.asyncIterator in given) {
    const generator = given as AsyncGenerator;
    let next = await generator.next();
    for (; !next.done; next = await generator.next()) expect(next.value).toBeInstanceOf(Piece);
    given = next.value;
  }
  seen.output = toJson(given) as Output;
  return seen;
}

/** The steps of the workflow, one after the other. */
async function brief(text: string, sentences?: number): Promise<Run<BriefResult> & { selection: Selection; plan: Plan }> {
  const planned = (await run<Plan>(plan, { text, sentences })).output;
  const analysis = {
    keywords: (await run<Keywords>(keywords, { text })).output,
    readability: (await run<ReadabilityReport>(readability, { text })).output,
    sentiment: (await run<SentimentReport>(sentiment, { text })).output,
  };
  const { wanted } = planned;
  let selection: Selection;
  if (planned.sentences > wanted) {
    selection = (await run<Selection>(rank, { text, keywords: analysis.keywords.overall, wanted })).output;
    do selection = (await run<Selection>(pick, selection)).output;
    while (selection.picked.length < wanted && selection.candidates.length > 0);
  } else {
    selection = (await run<Selection>(keep, { sentences: planned.sentences, wanted })).output;
  }
  return { ...(await run<BriefResult>(summary, { text, picked: selection.picked, plan: planned, analysis })), selection, plan: planned };
}

describe('brief.plan', () => {
  it('tells the sections with their words and sentences, and its progress over them', async () => {
    const text = shipped('darwin-chapter-3');
    const { output, progress, logs } = await run<Plan>(plan, { text });
    expect(output.sections).toHaveLength(10);
    expect(output.sections[1]).toMatchObject({ index: 1, title: 'THE TERM, STRUGGLE FOR EXISTENCE, USED IN A LARGE SENSE.', sentences: 8 });
    expect(output.words).toBe(output.sections.reduce((sum, { words }) => sum + words, 0));
    expect(output).toMatchObject({ sentences: 169, wanted: 5 });
    expect(progress.map(({ fraction }) => fraction)).toEqual(output.sections.map((_, i) => (i + 1) / 10));
    expect(logs).toEqual([`${output.words} words, 169 sentences, 10 sections`]);
    expect(JSON.stringify(output).length).toBeLessThan(3000);
  });

  it('counts about as many words as there are between spaces', async () => {
    const text = shipped('alice-chapter-1');
    const { output } = await run<Plan>(plan, { text, sentences: 3 });
    expect(output.wanted).toBe(3);
    expect(Math.abs(output.words - text.split(/\s+/).length)).toBeLessThan(40);
  });

  it('refuses a text of white space and a length out of bounds', async () => {
    await expect(run(plan, { text: ' \n ' })).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('white space') });
    for (const sentences of [0, 21, 1.5, 'five']) await expect(run(plan, { text: 'Hello.', sentences })).rejects.toMatchObject({ code: 'invalid_input' });
    for (const input of [null, 'text', []]) await expect(run(plan, input)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('the analyses', () => {
  it.each([['keywords', keywords], ['readability', readability], ['sentiment', sentiment]] as const)('%s: tell progress section by section', async (_name, agent) => {
    const { output, progress } = await run<{ sections: { section: number }[] }>(agent, { text: shipped('darwin-chapter-3') });
    expect(output.sections.map(({ section }) => section)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(progress).toHaveLength(10);
    expect(progress.at(-1)?.fraction).toBe(1);
  });

  it('tell the result of a section with its progress, where it needs no other', async () => {
    const text = shipped('alice-chapter-1');
    for (const agent of [readability, sentiment]) {
      const { output, progress } = await run<ReadabilityReport | SentimentReport>(agent, { text });
      expect(progress.map(({ metadata }) => metadata)).toEqual(output.sections);
    }
  });

  it.each([plan, keywords, readability, sentiment])('stop when they are cancelled', async (agent) => {
    await expect(run(agent, { text: shipped('alice-chapter-1') }, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the selection', () => {
  it('hands on a state that is small', async () => {
    const text = shipped('darwin-chapter-3');
    const { output: words } = await run<Keywords>(keywords, { text });
    const { output, logs } = await run<Selection>(rank, { text, keywords: words.overall, wanted: 5 });
    expect(logs).toEqual(['Considering 15 of 169 sentences']);
    expect(JSON.stringify(output).length).toBeLessThan(4000);
    const picked = await run<Selection>(pick, output);
    expect(picked.output.picked).toEqual([output.candidates[0]?.index]);
    expect(picked.logs[0]).toMatch(/^Picked sentence \d+ of section \d+: importance 0\.\d+, redundancy 0$/);
    expect(picked.progress).toEqual([{ fraction: 1, state: '1 of 5' }]);
  });

  it('refuses a state that is none', async () => {
    for (const state of [null, {}, { wanted: 5, picked: ['a'], candidates: [] }, { wanted: 5, picked: [], candidates: [{}] }, { wanted: 0, picked: [], candidates: [] }]) {
      await expect(run(pick, state)).rejects.toMatchObject({ code: 'invalid_input' });
    }
    await expect(run(rank, { text: 'Hello.', keywords: [{ term: 1 }], wanted: 5 })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(run(keep, { sentences: 21, wanted: 5 })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(run(summary, { text: 'Hello.', picked: [1] })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(run(summary, { text: 'Hello.', picked: [0] })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('says when nothing is left', async () => {
    expect((await run(pick, { wanted: 5, picked: [1], candidates: [] })).logs).toEqual(['No sentence is left that adds anything']);
  });
});

describe('a brief', () => {
  it.each([['alice-chapter-1', 5], ['darwin-chapter-3', 5], ['darwin-chapter-3', 20], ['alice-chapter-1', 1]])('of %s in %d sentences is made of its own, in its order', async (name, length) => {
    const text = shipped(name);
    const { output, texts } = await brief(text, length);
    expect(output.sentences).toHaveLength(length);
    expect(texts).toHaveLength(length);
    expect(texts.join('')).toBe(output.summary);
    const flat = oneLine(text);
    let last = -1;
    for (const { text: sentence } of output.sentences) {
      const at = flat.indexOf(sentence);
      expect(at).toBeGreaterThan(last);
      last = at;
    }
    const places = output.sentences.map(({ index }) => index);
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    for (const { section } of output.sentences) expect(output.sections[section]).toBeDefined();
  });

  it('of Alice tells how she came down and what she found', async () => {
    const { output } = await brief(shipped('alice-chapter-1'));
    expect(output.summary).toContain('The rabbit-hole went straight on like a tunnel for some way');
    expect(output.summary).toContain('she tried the little golden key in the lock, and to her great delight it fitted!');
    expect(new Set(output.sentences.map(({ section }) => section)).size).toBe(3);
    expect(output.keywords[0]?.term).toBe('alice');
    expect(output).toMatchObject({ readability: { level: 'standard' }, sentiment: { mood: 'positive' } });
    expect(JSON.stringify(output).length).toBeLessThan(5000);
  });

  it('is the same every time, in another process as well', async () => {
    const text = shipped('alice-chapter-1');
    const first = await brief(text);
    const anew = await run<Plan>(new PlanAgent(new Readings(new English())), { text });
    expect(anew.output).toEqual(first.plan);
    expect(await brief(text)).toEqual(first);
  });

  it('is the same with Windows line ends, but for the places', async () => {
    const text = shipped('darwin-chapter-3');
    expect((await brief(text.replaceAll('\n', '\r\n'))).output).toEqual((await brief(text)).output);
  });

  it('of a text that is no longer than is wanted is the text', async () => {
    const { output, selection } = await brief('One little rabbit ran.\r\nIt was late!  Was it?', 20);
    expect(output.summary).toBe('One little rabbit ran. It was late! Was it?');
    expect(selection).toEqual({ wanted: 20, picked: [0, 1, 2], candidates: [] });
  });

  it.each([
    ['one word', 'Hello', 'Hello'],
    ['no end of a sentence', 'nothing ends here', 'nothing ends here'],
    ['no letters', '!!! --- ???', ''],
    ['digits', '42', '42'],
    ['another script', 'Все люди рождаются свободными. Да.', 'Все люди рождаются свободными. Да.'],
  ])('of %s', async (_what, text, expected) => {
    const { output } = await brief(text);
    expect(output.summary).toBe(expected);
    expect(output.sentiment).toMatchObject({ mood: 'neutral' });
    expect(output.sections).toHaveLength(1);
  });

  it('of a long text in another language starts from its beginning, with no readability', async () => {
    const text = Array.from({ length: 30 }, (_, i) => `Все люди рождаются свободными и равными в своем достоинстве и правах, номер ${i}.`).join(' ');
    const { output } = await brief(text, 3);
    expect(output.sentences.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(output).toMatchObject({ readability: { ease: null, level: null, wordsPerSentence: null }, sentiment: { score: 0 }, keywords: [] });
  });

  it('of one sentence said again and again says it once', async () => {
    const { output, selection } = await brief('All work and no play makes Jack a dull boy. '.repeat(100), 5);
    expect(output.summary).toBe('All work and no play makes Jack a dull boy.');
    expect(selection.candidates).toEqual([]);
  });

  it('of one very long paragraph has sections all the same', async () => {
    const { output, plan: planned } = await brief(oneLine(shipped('darwin-chapter-3')).repeat(3), 5);
    expect(planned.sections.length).toBeGreaterThan(20);
    expect(output.sentences).toHaveLength(5);
  });
});
