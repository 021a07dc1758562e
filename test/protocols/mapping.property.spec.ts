/** Any log becomes what the clients of each protocol accept, in their order, and ends with exactly the text of each step. */
import { type BaseEvent } from '@ag-ui/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { AgUiEncoder } from '../../src/streaming/protocols/ag-ui/ag-ui.encoder.js';
import { AiSdkEncoder } from '../../src/streaming/protocols/ai-sdk/ai-sdk.encoder.js';
import { knownOf } from '../../src/streaming/protocols/ai-sdk/chat.request.js';
import { type Encoder } from '../../src/streaming/protocols/encoder.js';
import { PlainTextEncoder } from '../../src/streaming/protocols/text/plain-text.encoder.js';
import { StreamBreak } from '../../src/streaming/sse/stream.end.js';
import { type Engine } from '../property/support/engine.fixture.js';
import { PROPERTY_TIMEOUT, runs } from '../property/support/runs.js';
import { PICKED } from '../property/support/trees.js';
import { tree } from '../property/support/trees.arbitrary.js';
import { readRun, textsOf } from './support/ag-ui.js';
import { framesIn, valuesIn } from './support/frames.js';
import { expectedTexts, logOf, ofSteps, openEngine, seedOf, stateOf } from './support/logs.js';
import { type Chunk, checkChunks, expectNothingOpen, readMessage, textsIn, type UiMessage, type Version, VERSIONS } from './support/ui-messages.js';

const RUN = { threadId: 't', runId: 'r', messages: [], state: { mine: 1 } };

/** What an encoder writes of a log, of which the reader has the first `skip` events behind it. */
function write(encoder: Encoder, log: readonly ExecutionEvent[], skip = 0): string {
  for (const event of log.slice(0, skip)) encoder.skip(event);
  let text = encoder.begin();
  for (const event of log.slice(skip)) text += encoder.encode(event);
  return text;
}

const aiSdk = (version: Version, log: readonly ExecutionEvent[], skip = 0, known?: UiMessage) =>
  write(new AiSdkEncoder(seedOf(log), version, known && knownOf(known as never)), log, skip);
const agUi = (log: readonly ExecutionEvent[], skip = 0) => write(new AgUiEncoder(seedOf(log), RUN), log, skip);

const logs = { tree: tree({ deterministic: false, stubborn: true }), crash: fc.option(fc.nat(), { nil: undefined }) };

describe('a log', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const checkMessage = async (version: Version, log: readonly ExecutionEvent[]): Promise<void> => {
    const text = aiSdk(version, log);
    const frames = framesIn(text);
    expect(frames.at(-1)).toEqual({ data: '[DONE]', id: String(log.length) });
    const chunks = valuesIn<Chunk>(text);
    await checkChunks(version, chunks);
    const { message, errors } = await readMessage(version, chunks);
    const { status, error, id } = stateOf(log);
    expect(errors).toEqual(status === 'failed' ? [error?.message] : []);
    expect(message.id).toBe(id);
    expect(ofSteps(textsIn(message))).toEqual(expectedTexts(log));
    expect(textsIn(message, 'reasoning')).toEqual(expectedTexts(log, 'reasoning'));
    expectNothingOpen(message);
    for (const step of Object.values(stateOf(log).steps)) {
      if (step.attempt > 0) expect(message.parts.find((part) => part.type === 'data-step' && part.id === step.id)?.data).toMatchObject({ status: step.status, attempt: step.attempt });
    }
  };

  const checkRun = async (log: readonly ExecutionEvent[], skip = 0): Promise<void> => {
    const { messages, state } = await readRun(valuesIn<BaseEvent>(agUi(log, skip)), { state: { mine: 1 } });
    const { id, status, progress, steps, usage } = stateOf(log);
    expect(ofSteps(textsOf(messages, id))).toEqual(expectedTexts(log));
    expect(textsOf(messages, id, 'reasoning')).toEqual(expectedTexts(log, 'reasoning'));
    expect(state).toMatchObject({ mine: 1, stepcast: { executionId: id, status, progress, usage } });
    const views = (state['stepcast'] as { steps: Record<string, { status: string; attempt: number; progress: number }> }).steps;
    for (const step of Object.values(steps)) {
      // A step that was reset before it had begun anew, or that the end has cut short, is told of no more.
      if (step.attempt > 0) expect(views[step.id]).toMatchObject({ attempt: step.attempt, progress: step.progress });
    }
  };

  it.each(PICKED)('of %s', async (_name, picked) => {
    for (const crash of [undefined, 3, 11]) {
      const log = await logOf(engine, picked, crash);
      for (const version of VERSIONS) await checkMessage(version, log);
      await checkRun(log);
    }
  }, PROPERTY_TIMEOUT);

  it.each(VERSIONS)('of any workflow is a UI message of the AI SDK %d', async (version) => {
    await fc.assert(fc.asyncProperty(logs.tree, logs.crash, async (one, crash) => checkMessage(version, await logOf(engine, one, crash))), runs(60));
  }, PROPERTY_TIMEOUT);

  it('of any workflow is a run of AG-UI, also for whoever comes late', async () => {
    await fc.assert(fc.asyncProperty(logs.tree, logs.crash, fc.nat(), async (one, crash, n) => {
      const log = await logOf(engine, one, crash);
      await checkRun(log);
      await checkRun(log, n % (log.length + 1));
    }), runs(60));
  }, PROPERTY_TIMEOUT);

  it.each(VERSIONS)('of any workflow goes on, for an AI SDK %d, exactly where the last id says', async (version) => {
    await fc.assert(fc.asyncProperty(logs.tree, logs.crash, fc.nat(), async (one, crash, n) => {
      const log = await logOf(engine, one, crash);
      const frames = framesIn(aiSdk(version, log));
      const ids = frames.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));
      expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
      const cursor = ids[n % ids.length] as number;
      expect(framesIn(aiSdk(version, log, cursor))).toEqual(frames.slice(frames.findIndex(({ id }) => id === String(cursor)) + 1));
    }), runs(40));
  }, PROPERTY_TIMEOUT);

  it.each(VERSIONS)('of any workflow completes a message of the AI SDK %d that was cut anywhere', async (version) => {
    await fc.assert(fc.asyncProperty(logs.tree, logs.crash, fc.nat(), fc.nat(), async (one, crash, cut, late) => {
      const log = await logOf(engine, one, crash);
      const whole = valuesIn<Chunk>(aiSdk(version, log));
      // The last chunks of a failure make a reader stop: none of them is among what came before the cut.
      const had = whole.slice(0, 1 + (cut % Math.max(1, whole.length - 3)));
      const { message: before } = await readMessage(version, had);
      const told = had.filter(({ type }) => type === 'data-step' || type.endsWith('-delta')).length;
      const least = log.findIndex((_event, k) => valuesIn<Chunk>(aiSdk(version, log.slice(0, k + 1))).filter(({ type }) => type === 'data-step' || type.endsWith('-delta')).length >= told) + 1;
      const skip = Math.max(1, least) + (late % (log.length + 1 - Math.max(1, least)));
      const rest = valuesIn<Chunk>(aiSdk(version, log, skip, before));
      await checkChunks(version, rest);
      const { message, errors } = await readMessage(version, rest, before);
      expect(errors).toEqual(stateOf(log).status === 'failed' ? [stateOf(log).error?.message] : []);
      expect(ofSteps(textsIn(message))).toEqual(expectedTexts(log));
      // Calls and questions of attempts that were void by then have an end too.
      for (const { type, state } of message.parts) if (type === 'dynamic-tool') expect(state).toMatch(/^output-/);
    }), runs(40));
  }, PROPERTY_TIMEOUT);

  it('of any workflow is the text of each step that completes, and breaks off where there is none', async () => {
    await fc.assert(fc.asyncProperty(logs.tree, logs.crash, fc.nat(), async (one, crash, n) => {
      const log = await logOf(engine, one, crash);
      const state = stateOf(log);
      // What is live after a crash was not sent before it by the process that died: a reader begins after that.
      const resumed = log.findLastIndex(({ type }) => type === 'workflow_resumed') + 1;
      const skip = resumed + (n % (log.length + 1 - resumed));
      const whole = (output: unknown) => (typeof output === 'string' ? output : JSON.stringify(output));
      const read = (step?: string) => write(new PlainTextEncoder(seedOf(log), step), log, skip);
      for (const { id, status, text, output } of Object.values(state.steps)) {
        if (status === 'completed') expect(read(id)).toBe(text === '' ? whole(output) : text);
        else expect(() => read(id)).toThrow(StreamBreak);
      }
      if (state.status !== 'completed') expect(() => read()).toThrow(StreamBreak);
      else expect([whole(state.result), ...Object.values(state.steps).map(({ text }) => text)]).toContain(read());
    }), runs(60));
  }, PROPERTY_TIMEOUT);
});
