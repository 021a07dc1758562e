/** What a stock client of the AI SDK makes of single moves: where steps and messages end, and what it is sent that it has in part. */
import { describe, expect, it } from '@jest/globals';
import * as sdk6 from 'ai-6';
import * as sdk7 from 'ai';
import { type JsonValue } from '../../src/contract/json.js';
import { AiSdkEncoder } from '../../src/streaming/protocols/ai-sdk/ai-sdk.encoder.js';
import { type Known } from '../../src/streaming/protocols/ai-sdk/catch-up.js';
import { knownOf } from '../../src/streaming/protocols/ai-sdk/chat.request.js';
import { framesIn, valuesIn } from './support/frames.js';
import { ID, Script } from './support/script.js';
import { type Chunk, checkChunks, readMessage, textsIn, type UiMessage, type Version, VERSIONS } from './support/ui-messages.js';

const YES = { type: 'boolean' };
const script = () => new Script().started();
const ask = (given: Script, id: string, schema?: JsonValue) => given.start(id, 'input').add('input_required', { prompt: 'Go?', ...(schema === undefined ? {} : { schema }) }, given.info(id, 'input'));
const answer = (given: Script, id: string, value: JsonValue) => given.add('input_received', { value }, given.info(id, 'input')).complete(id, value, 'input');
const end = (given: Script, result: JsonValue) => given.add('workflow_completed', { result });
/** The steps of the message, and the questions and ends in them. */
const outline = (chunks: readonly Chunk[]) => chunks.map(({ type }) => type).filter((type) => /^(start|finish|tool|text)/.test(type));

/** The stream from the first event on, or from where `skip` events are known. */
function write(given: Script, version: Version, { skip = 0, known }: { skip?: number; known?: Known } = {}) {
  const encoder = new AiSdkEncoder(given.state(), version, known);
  for (const event of given.events.slice(0, skip)) encoder.skip(event);
  const first = encoder.begin();
  const text = first + given.events.slice(skip).map((event) => encoder.encode(event)).join('') + encoder.pause();
  return { encoder, first, text, chunks: valuesIn<Chunk>(text) };
}

/** What a client that has `before` is sent of a log, of which it comes back after `skip` events, and the message that comes of it. */
async function goOn(given: Script, version: Version, before: UiMessage, skip = given.events.length) {
  const { chunks, ...more } = write(given, version, { skip, known: knownOf(before as never) });
  await checkChunks(version, chunks);
  const { message, errors } = await readMessage(version, chunks, before);
  expect(errors).toEqual([]);
  return { message, chunks, ...more };
}

/** Whether a chat with both of the SDK's own conditions would send the message by itself. */
function isSent(version: Version, message: UiMessage): boolean {
  const sdk = (version === 6 ? sdk6 : sdk7) as typeof sdk7;
  const messages = [message] as unknown as sdk7.UIMessage[];
  return sdk.lastAssistantMessageIsCompleteWithApprovalResponses({ messages }) || sdk.lastAssistantMessageIsCompleteWithToolCalls({ messages });
}

/** The message as its user has answered that question in it. */
function answered(message: UiMessage, toolCallId: string, output: unknown): UiMessage {
  return { ...message, parts: message.parts.map((part) => (part.toolCallId === toolCallId ? { ...part, state: 'output-available', output } : part)) };
}

describe.each(VERSIONS)('a message of the AI SDK %d', (version) => {
  it('ends with its finish: what the last event comes to stands before it', () => {
    const given = end(script().start('a').complete('a'), { ok: true });
    const last = given.events.at(-1);
    if (last) last.progress = 1;
    const { chunks, text } = write(given, version);
    expect(chunks.slice(-4).map(({ type }) => type)).toEqual(['finish-step', 'data-workflow', 'data-result', 'finish']);
    expect(framesIn(text).at(-1)).toEqual({ data: '[DONE]', id: String(given.events.length) });
  });

  it('tells a result that is text as text alone', async () => {
    const { message } = await readMessage(version, write(end(script().start('a').complete('a', 'untold'), 'untold'), version).chunks);
    expect(textsIn(message)).toEqual({ '': 'untold' });
    expect(message.parts.filter(({ type }) => type === 'data-result')).toEqual([]);
  });

  it.each([[16_000, true], [16_384, false]])('keeps a result with %d characters in it: %p', async (length, kept) => {
    const result = { text: 'x'.repeat(length) };
    const { chunks } = write(end(script().start('a').complete('a', result), result), version);
    expect(chunks.find(({ type }) => type === 'data-result')).toMatchObject({ data: result });
    const { message } = await readMessage(version, chunks);
    expect(message.parts.filter(({ type }) => type === 'data-result')).toHaveLength(kept ? 1 : 0);
  });

  it('closes its step before it waits for a person', () => {
    const { chunks, encoder } = write(ask(script(), 'ask'), version);
    expect(outline(chunks)).toEqual(['start', 'start-step', 'tool-input-start', 'tool-input-available', 'finish-step', 'finish']);
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'tool-calls' });
    expect(encoder.ended).toBe(true);
  });

  it('waits on where its reader has heard all and nothing is answered yet', () => {
    const given = ask(script(), 'ask');
    const { encoder, text } = write(given, version, { skip: given.events.length });
    expect([text, encoder.ended]).toEqual(['', false]);
    expect(write(answer(given, 'ask', 'x'), version, { skip: 3 }).chunks.map(({ type }) => type)).toContain('tool-output-available');
  });

  it('keeps the text of steps before when a later one is tried again', async () => {
    const given = script().start('a').text('a', 'keep').complete('a').start('b').text('b', 'x').retry('b');
    const { message } = await readMessage(version, write(given, version).chunks);
    expect(message.parts.filter(({ type }) => type === 'text').map(({ text }) => text)).toEqual(version === 7 ? ['keep'] : ['keep', 'x']);
    expect(textsIn(message)).toEqual({ a: 'keep' });
  });

  it('stays in the step that has asked until all of its questions are answered', async () => {
    // Something else goes on beside them, so that the turn does not end.
    const given = script().start('p', 'parallel').start('p/w');
    ask(ask(given, 'p/a'), 'p/b');
    const one = await readMessage(version, write(answer(given, 'p/a', 'x'), version).chunks);
    expect(isSent(version, answered(one.message, `${ID}/p/b#1`, 'y'))).toBe(true);
    const both = await readMessage(version, write(answer(given, 'p/b', 'y'), version).chunks);
    expect(both.message.parts.filter(({ type }) => type === 'dynamic-tool').map(({ output }) => output)).toEqual(['x', 'y']);
    expect(isSent(version, both.message)).toBe(false);
  });

  it('shows a no as denied where an approval was asked for, else as what was said', async () => {
    const cases: [JsonValue | undefined, boolean, object][] = [
      [YES, false, { state: 'output-denied' }], [YES, true, { state: 'output-available', output: true }],
      [undefined, false, { state: 'output-available', output: false }], [{ enum: [true, false] }, false, { state: 'output-available', output: false }],
    ];
    for (const [schema, value, part] of cases) {
      const { message, errors } = await readMessage(version, write(answer(ask(script(), 'ask', schema), 'ask', value), version).chunks);
      expect(errors).toEqual([]);
      expect(message.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject(part);
    }
    const { message } = await readMessage(version, write(ask(script().start('r', 'retry'), 'r/ask', YES).retry('r/ask', 'input'), version).chunks);
    expect(message.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject({ state: 'output-error', errorText: 'the question was withdrawn' });
  });
});

describe.each(VERSIONS)('a message that an AI SDK %d has in part', (version) => {
  const readUpTo = (given: Script, events: number) => {
    const before = new Script();
    before.events.push(...given.events.slice(0, events));
    return readMessage(version, valuesIn<Chunk>(write(before, version).text)).then(({ message }) => message);
  };

  it('goes on in the step whose question is open, though another one of it is answered', async () => {
    const given = ask(ask(script().start('p', 'parallel'), 'p/a'), 'p/b');
    const before = answered(await readUpTo(given, given.events.length), `${ID}/p/a#1`, 'x');
    const { message, chunks } = await goOn(answer(given, 'p/a', 'x'), version, before);
    expect(outline(chunks)).toEqual(['start', 'finish-step', 'finish']);
    expect(isSent(version, answered(message, `${ID}/p/b#1`, 'y'))).toBe(true);
  });

  it('goes on in another step where none that it has is open, and sends no answer again', async () => {
    const given = ask(script(), 'a');
    const before = answered(await readUpTo(given, given.events.length), `${ID}/a#1`, 'x');
    // Another question, which it has not seen.
    const { message, chunks } = await goOn(ask(answer(given, 'a', 'x'), 'b'), version, before);
    expect(outline(chunks)).toEqual(['start', 'start-step', 'tool-input-start', 'tool-input-available', 'finish-step', 'finish']);
    expect(message.parts.findLastIndex(({ type }) => type === 'step-start')).toBeGreaterThan(message.parts.findIndex(({ toolCallId }) => toolCallId === `${ID}/a#1`));
    const running = await goOn(answer(given, 'b', 'y').start('w'), version, answered(message, `${ID}/b#1`, 'y'));
    expect(isSent(version, running.message)).toBe(false);
    const workflow = [message, running.message].map(({ parts }) => parts.find(({ type }) => type === 'data-workflow')?.data?.['status']);
    expect(workflow).toEqual(['waiting', 'running']);
  });

  it('gets what it lacks of a text, piece by piece, and opens none that it has whole', async () => {
    const given = script().start('a').text('a', 'one ').call('a', 'c').result('a', 'c').text('a', 'two ').call('a', 'd').result('a', 'd').text('a', 'three').complete('a');
    const texts = (message: UiMessage) => message.parts.filter(({ type }) => type === 'text').map(({ text }) => text);
    // Cut behind the first text, within the second, and behind the whole.
    for (const [events, more] of [[5, ['two ', 'three']], [6, ['three']], [10, []]] as const) {
      const before = await readUpTo(given, events);
      const { message } = await goOn(given, version, before);
      expect(texts(message)).toEqual([...texts(before), ...more]);
      expect(textsIn(message)).toEqual({ a: 'one two three' });
    }
    const half = await readUpTo(given, 6);
    const cut = { ...half, parts: half.parts.map((part) => (part.text === 'two ' ? { ...part, text: 't' } : part)) };
    expect(texts((await goOn(given, version, cut)).message)).toEqual(['one ', 't', 'wo ', 'three']);
  });

  it('goes on with a text that is open, of which it lacks nothing yet', async () => {
    const given = script().start('a').text('a', 'one ');
    const before = await readUpTo(given, given.events.length);
    given.text('a', 'two').complete('a');
    expect(textsIn((await goOn(given, version, before, 3)).message)).toEqual({ a: 'one two' });
  });

  it('gives calls that are void an end, and leaves those alone that have one or are not of this execution', async () => {
    const given = script().start('a').call('a', 'c').result('a', 'c').call('a', 'd');
    const before = await readUpTo(given, given.events.length);
    const foreign = { type: 'dynamic-tool', toolCallId: `${ID}0/a#1/call-1`, toolName: 'mine', state: 'input-available', input: {} };
    const { message } = await goOn(given.retry('a'), version, { ...before, parts: [...before.parts, foreign] });
    expect(message.parts.filter(({ type }) => type === 'dynamic-tool').map(({ toolCallId, state }) => [toolCallId, state])).toEqual([
      [`${ID}/a#1/call-1`, 'output-available'], [`${ID}/a#1/call-2`, 'output-error'], [foreign.toolCallId, 'input-available'],
    ]);
  });

  // What is taken back after that is all that version 7 has of its last step.
  it('keeps what it has of other branches, and what it was brought, when text is taken back after that', async () => {
    const given = script().start('p', 'parallel').start('p/b').text('p/b', 'keep').complete('p/b').start('p/a');
    const brought = (await goOn(given.text('p/a', 'x').retry('p/a'), version, await readUpTo(given, 1), 6)).message;
    expect(textsIn(brought)).toEqual({ 'p/b': 'keep' });
    const asking = ask(script().start('p', 'parallel'), 'p/q').start('p/a');
    asking.text('p/a', 'x').retry('p/a');
    // One that has not seen the question, and one that has.
    for (const events of [1, 5]) {
      const { message } = await goOn(asking, version, await readUpTo(asking, events), 5);
      expect(message.parts.filter(({ type }) => type === 'dynamic-tool').map(({ state }) => state)).toEqual(['input-available']);
    }
  });

  it('keeps what stands beside a question that is withdrawn', async () => {
    const given = script().start('p', 'parallel').start('p/b').start('p/r', 'retry').start('p/r/q', 'parallel');
    ask(ask(given, 'p/r/q/one'), 'p/r/q/two').text('p/b', 'keep').complete('p/b');
    const skip = given.events.length + 2;
    const before = answered(await readUpTo(given, given.events.length), `${ID}/p/r/q/two#1`, 'x');
    const { message } = await goOn(answer(given, 'p/r/q/two', 'x').retry('p/r/q', 'parallel'), version, before, skip);
    expect(textsIn(message)).toEqual({ 'p/b': 'keep' });
  });

  it('keeps what it was told of steps when text is taken back after that', async () => {
    const given = script().start('a').complete('a').start('b').text('b', 'x').retry('b');
    const start = await readMessage(version, valuesIn<Chunk>(write(new Script(), version).text));
    for (const before of [start.message, await readUpTo(given, 1)]) {
      const { message } = await goOn(given, version, before, 4);
      expect(message.parts.filter(({ type }) => type === 'data-step').map(({ id, data }) => [id, data?.['status']])).toEqual([['a', 'completed'], ['b', expect.any(String)]]);
      expect(message.parts.find(({ type }) => type === 'data-workflow')?.data).toMatchObject({ status: 'running' });
      expect(textsIn(message)).toEqual({});
    }
  });

  it('is done at once where the execution has ended, and not before', async () => {
    const given = script().start('a').text('a', 'x');
    const before = await readUpTo(given, given.events.length);
    const running = await goOn(given, version, before);
    expect([running.encoder.ended, running.text.includes('[DONE]')]).toEqual([false, false]);
    const ended = await goOn(end(given.complete('a', 'x'), 'x'), version, before);
    expect(ended.encoder.ended).toBe(true);
    expect(framesIn(ended.first).slice(-2).map(({ data }) => data)).toEqual([expect.stringContaining('"finish"'), '[DONE]']);
  });
});
