/** What the mappings make of logs that were written for it, move by move. */
import { describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type AgUiEvent } from '../../src/streaming/protocols/ag-ui/ag-ui.events.js';
import { beginAgUi, mapAgUi, openRun } from '../../src/streaming/protocols/ag-ui/ag-ui.mapping.js';
import { beginAiSdk, mapAiSdk } from '../../src/streaming/protocols/ai-sdk/ai-sdk.mapping.js';
import { type Chunk } from '../../src/streaming/protocols/ai-sdk/chunks.js';
import { beginNarration, narrate } from '../../src/streaming/protocols/narration/narration.js';
import { PlainTextEncoder } from '../../src/streaming/protocols/text/plain-text.encoder.js';
import { StreamBreak } from '../../src/streaming/sse/stream.end.js';
import { ID, Script } from './support/script.js';

const script = () => new Script().started();

describe('what an execution tells', () => {
  const movesOf = (given: Script) => {
    const narration = beginNarration(given.state());
    return { narration, moves: given.events.flatMap((event) => narrate(narration, event)) };
  };
  const outline = (given: Script) => movesOf(given).moves.map((move) => ('part' in move ? `${move.move} ${move.part.id.slice(ID.length + 1)}` : move.move === 'step' ? `${move.how} ${move.step.id}` : move.move));

  it('are pieces of text and calls in their order, each closed before another kind begins', () => {
    expect(outline(script().start('a').text('a', 'hm', 'reasoning').text('a', 'x').text('a', 'y').call('a', 'c').result('a', 'c').text('a', 'z').complete('a'))).toEqual([
      'workflow', 'started a', 'open a#1/reasoning-1', 'delta a#1/reasoning-1', 'close a#1/reasoning-1', 'open a#1/text-2', 'delta a#1/text-2', 'delta a#1/text-2', 'close a#1/text-2',
      'call a#1/call-3', 'result a#1/call-3', 'open a#1/text-4', 'delta a#1/text-4', 'close a#1/text-4', 'ended a',
    ]);
  });

  it('are void when they are closed: of a retry, of all steps below it, and of no other', () => {
    const given = script().start('r/s', 'sequential').start('r/s/a').text('r/s/a', 'x').complete('r/s/a').start('r/s/b').text('r/s/b', 'y').call('r/s/b', 'c').start('other').text('other', 'z').retry('r/s', 'sequential');
    const { narration, moves } = movesOf(given);
    const last = moves.slice(moves.findLastIndex(({ move }) => move === 'delta') + 1);
    expect(last.map((move) => ('parts' in move ? move.parts.map(({ id, open }) => `${open ? 'open' : 'void'} ${id}`) : move.move === 'step' ? `${move.how} ${move.step.id}` : move.move))).toEqual([
      'result', ['void e1/r/s/a#1/text-1', 'void e1/r/s/b#1/text-1', 'void e1/r/s/b#1/call-2'], 'voided r/s', 'voided r/s/a', 'voided r/s/b',
    ]);
    expect(narration.parts.map(({ id }) => id)).toEqual(['e1/other#1/text-1']);
  });

  it('stay one question over a crash, and another after its answer', () => {
    const asks = (given: Script) => given.add('input_required', { prompt: 'Go?' }, given.info('ask', 'input'));
    const given = script().start('ask', 'input');
    asks(given).add('workflow_resumed', { reason: 'crash', fromSeq: 3 }).start('ask', 'input');
    asks(given).add('input_received', { value: true }, given.info('ask', 'input')).complete('ask', true, 'input');
    expect(outline(given).filter((line) => /^(ask|answer) /.test(line))).toEqual(['ask ask#1', 'answer ask#1']);
    expect(outline(given)).not.toContain('void');
  });

  it('are the result as well, where no step has told it', () => {
    const end = (given: Script, result: string) => given.add('workflow_completed', { result });
    expect(outline(end(script().start('a').text('a', 'told').complete('a', 'told'), 'told'))).not.toContain('open result');
    expect(outline(end(script().start('a').complete('a', 'untold'), 'untold')).slice(-4)).toEqual(['open result', 'delta result', 'close result', 'end']);
    // Told by an attempt that counts no more.
    expect(outline(end(script().start('a').text('a', 'x').complete('a', 'x').retry('a').start('a').complete('a', 'x'), 'x')).slice(-4)).toEqual(['open result', 'delta result', 'close result', 'end']);
  });

  it('are closed at the end, whatever had no chance to end', () => {
    const given = script().start('a').text('a', 'x').call('a', 'c').start('b').add('workflow_failed', { error: { code: 'resume_limit', message: 'too often' } });
    expect(outline(given).slice(-4)).toEqual(['result a#1/call-2', 'ended a', 'ended b', 'end']);
    expect(movesOf(given).narration.parts.every(({ open }) => !open)).toBe(true);
  });
});

describe('chunks of the AI SDK', () => {
  const chunksOf = (given: Script, version: 6 | 7): Chunk[] => {
    const state = beginAiSdk(given.state(), version);
    return given.events.flatMap((event) => mapAiSdk(state, event));
  };
  const types = (chunks: readonly Chunk[]) => chunks.map(({ type, ...more }) => ('id' in more && typeof more.id === 'string' ? `${type} ${more.id.replace(`${ID}/`, '')}` : type));
  const resets = (given: Script) => chunksOf(given, 7).filter(({ type }) => type === 'reset-step').length;

  it('take text back where nothing else is shown, and say where it stands', () => {
    const given = script().start('r', 'retry').start('r/a').text('r/a', 'x').retry('r/a').start('r/a').text('r/a', 'y').complete('r/a', 'y');
    expect(types(chunksOf(given, 7)).slice(3)).toEqual([
      'data-step r/a', 'text-start r/a#1/text-1', 'text-delta r/a#1/text-1', 'text-end r/a#1/text-1', 'reset-step', 'data-step r/a', 'data-step r/a',
      'data-step r/a', 'text-start r/a#2/text-1', 'text-delta r/a#2/text-1', 'text-end r/a#2/text-1', 'data-step r/a', 'data-output', 'finish-step',
    ]);
    expect(chunksOf(given, 6).filter(({ type }) => type === 'reset-step')).toEqual([]);
    expect(chunksOf(given, 6).findLast(({ type }) => type === 'data-step')).toMatchObject({ data: { superseded: 1, attempt: 2 } });
  });

  it('take nothing back that counts', () => {
    // A branch beside it that is writing, one that has written, one that has called, and one that has asked.
    const beside = (act: (given: Script) => Script) => act(script().start('p', 'parallel').start('p/b').start('p/a')).text('p/a', 'x').retry('p/a');
    expect(resets(beside((given) => given))).toBe(1);
    expect(resets(beside((given) => given.text('p/b', 'y')))).toBe(0);
    expect(resets(beside((given) => given.text('p/b', 'y').complete('p/b')))).toBe(0);
    expect(resets(beside((given) => given.call('p/b', 'c').result('p/b', 'c')))).toBe(0);
    expect(resets(beside((given) => given.start('p/q', 'input').add('input_required', {}, given.info('p/q', 'input'))))).toBe(0);
    // What was void before does not count.
    expect(resets(beside((given) => given.text('p/b', 'y').retry('p/b')))).toBe(2);
  });

  it('take back what was written in the last of several steps, and mark the rest', () => {
    const given = script().start('s', 'sequential').start('s/a').text('s/a', 'x').complete('s/a').start('s/b').text('s/b', 'y').add('step_failed', { error: { code: 'agent_failed', message: 'm' } }, script().info('s/b')).retry('s', 'sequential');
    const chunks = chunksOf(given, 7);
    expect(chunks.filter(({ type }) => type === 'reset-step')).toHaveLength(1);
    for (const id of ['s/a', 's/b']) expect(chunks.findLast((chunk) => chunk.type === 'data-step' && 'id' in chunk && chunk.id === id)).toMatchObject({ data: { superseded: 1 } });
  });

  it('close no step while another one is at work', () => {
    const given = script().start('p', 'parallel').start('p/a').start('p/b').text('p/b', 'x').complete('p/a').text('p/b', 'y').complete('p/b').start('c').complete('c');
    expect(types(chunksOf(given, 6)).filter((type) => /-step$/.test(type))).toEqual(['start-step', 'finish-step', 'start-step', 'finish-step']);
    expect(types(chunksOf(given, 6)).indexOf('finish-step')).toBeGreaterThan(types(chunksOf(given, 6)).lastIndexOf('text-end p/b#1/text-1'));
  });
});

describe('events of AG-UI', () => {
  const run = { threadId: 't', runId: 'r', messages: [{ id: 'u', role: 'user', content: 'hello' }, { id: `${ID}/a#1/text-1`, role: 'assistant', content: 'half' }, { id: `${ID}0/u2`, role: 'user', content: 'and?' }], state: { mine: 1 } };
  const eventsOf = (events: readonly ExecutionEvent[], given: Script): AgUiEvent[] => {
    const state = beginAgUi(given.state(), run);
    return events.flatMap((event) => mapAgUi(state, event));
  };

  it('take void text back by all of the messages, the client\'s own in their places', () => {
    const given = script().start('a').text('a', 'x', 'reasoning').text('a', 'x').start('b').text('b', 'y').retry('a');
    const snapshot = eventsOf(given.events, given).find(({ type }) => type === 'MESSAGES_SNAPSHOT');
    // Clients keep reasoning where a snapshot has none: what is void is told as empty.
    expect(snapshot).toMatchObject({ messages: [{ id: 'u' }, { id: `${ID}/b#1/text-1`, content: 'y' }, { id: `${ID}/a#1/reasoning-1`, role: 'reasoning', content: '' }, { id: `${ID}0/u2` }] });
  });

  it('open again what is open, for whoever comes late', () => {
    const given = script().start('p', 'parallel').start('p/a').text('p/a', 'x').start('p/b').text('p/b', 'hm', 'reasoning').call('p/b', 'c');
    const state = beginAgUi(given.state(), run);
    for (const event of given.events) mapAgUi(state, event);
    expect(openRun(state, true).map(({ type }) => type)).toEqual([
      'RUN_STARTED', 'MESSAGES_SNAPSHOT', 'STATE_SNAPSHOT', 'STEP_STARTED', 'STEP_STARTED', 'STEP_STARTED', 'TEXT_MESSAGE_START',
    ]);
    expect(openRun(state, true)[2]).toMatchObject({ snapshot: { mine: 1, stepcast: { executionId: ID, status: 'running', steps: { 'p/a': { status: 'running' } } } } });
  });

  it('end every step before the run, the inner ones first, and tell what was used however it ends', () => {
    const given = script().start('p', 'parallel').start('p/s', 'sequential').start('p/s/a').add('step_completed', { output: null, usage: { inputTokens: 3, outputTokens: 0.5, totalTokens: -1, costUsd: 1 } }, script().info('p/s/a')).start('p/s/b');
    for (const type of ['workflow_failed', 'workflow_cancelled'] as const) {
      const log = [...given.events];
      const last = given.add(type, { error: { code: 'resume_limit', message: 'too often' }, reason: 'enough' } as never).events.pop() as ExecutionEvent;
      const events = eventsOf([...log, last], given).slice(-4);
      expect(events.map((event) => (event.type === 'STEP_FINISHED' ? event.stepName : event.type))).toEqual([expect.anything(), 'p/s', 'p', type === 'workflow_failed' ? 'RUN_ERROR' : 'RUN_FINISHED']);
      // Counts that are none, the clients would refuse.
      expect(events.at(-1)).toHaveProperty('usage', [{ inputTokens: 3 }]);
    }
  });

  it('have a state that a patch can be put on, whatever steps are called', () => {
    const given = script().start('a/b[2]/c~d');
    const patches = eventsOf(given.events, given).flatMap((event) => (event.type === 'STATE_DELTA' ? event.delta : []));
    expect(patches.map(({ path }) => path)).toEqual(['/stepcast/status', '/stepcast/steps/a~1b[2]~1c~0d']);
  });
});

describe('plain text', () => {
  const write = (given: Script, step?: string) => {
    const encoder = new PlainTextEncoder(given.state(), step);
    return { encoder, text: [encoder.begin(), ...given.events.map((event) => encoder.encode(event))] };
  };

  it('waits after a crash until the text is where the other one was', () => {
    const given = script().start('a').text('a', 'one ').text('a', 'two ').add('workflow_resumed', { reason: 'moved', fromSeq: 4 }).start('a').text('a', 'on').text('a', 'e two three').complete('a', 'x');
    expect(write(given, 'a').text).toEqual(['', '', '', 'one ', 'two ', '', '', '', 'three', '']);
    expect(write(given, 'a').encoder.ended).toBe(true);
  });

  it('breaks off where the text has become another', () => {
    const given = script().start('a').text('a', 'one').add('workflow_resumed', { reason: 'moved', fromSeq: 3 }).start('a').text('a', 'two');
    expect(() => write(given, 'a')).toThrow(StreamBreak);
    const shorter = script().start('a').text('a', 'one').add('workflow_resumed', { reason: 'moved', fromSeq: 3 }).start('a').text('a', 'on').complete('a', 'on');
    expect(() => write(shorter, 'a')).toThrow(StreamBreak);
    // At once where the step has failed, though the execution goes on.
    const failed = script().start('p', 'parallel').start('p/a').text('p/a', 'one').add('step_failed', { error: { code: 'agent_failed', message: 'no' } }, script().info('p/a'));
    expect(() => write(failed, 'p/a')).toThrow('the step has failed');
  });

  it('sends no half of a character, but for one that stays a half', () => {
    const given = script().start('a').text('a', 'x\ud83d').text('a', '\ude00').text('a', '\ud83d').complete('a', '');
    expect(write(given, 'a').text.slice(3)).toEqual(['x', '\ud83d\ude00', '', '\ud83d']);
  });

  it('follows the last step down to the one whose output is the result', () => {
    const last = { index: 1, total: 2 };
    const given = script().start('first', 'agent', { index: 0, total: 2 }).text('first', 'no').complete('first').start('s', 'sequential', last).start('s/a', 'agent', { index: 0, total: 2 }).text('s/a', 'no').complete('s/a')
      .start('s/if', 'conditional', last).start('s/if/x').text('s/if/x', 'yes').complete('s/if/x', 'yes').complete('s/if', 'yes', 'conditional').complete('s', 'yes', 'sequential').add('workflow_completed', { result: 'yes' });
    expect(write(given).text.filter((text) => text !== '')).toEqual(['yes']);
  });
});
