import { describe, expect, it } from '@jest/globals';
import { Chalk } from 'chalk';
import stringWidth from 'string-width';
import { fold, initialState, type ExecutionState } from '../../contract/state.js';
import { type ExecutionEvent, type StepInfo } from '../../contract/events.js';
import { type LiveModel, liveLines } from './live.view.js';

const color = new Chalk({ level: 0 });
const START = Date.parse('2026-01-01T00:00:00.000Z');

const stepOf = (id: string, more: Partial<StepInfo> = {}): StepInfo => ({ id, name: id.split('/').at(-1) as string, type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0, status: 'running', ...more });

/** A state in which these steps run, with what they have written. */
function running(texts: Record<string, string>, more: Partial<StepInfo> = {}): ExecutionState {
  const common = { executionId: 'e', workflow: 'news', timestamp: new Date(START).toISOString(), progress: 0.5 };
  const events: object[] = [{ type: 'workflow_started', data: { input: null } }, { type: 'step_started', step: stepOf('both', { type: 'parallel' }), data: {} }];
  for (const [id, text] of Object.entries(texts)) {
    const step = stepOf(id, more);
    events.push({ type: 'step_started', step, data: {} });
    if (text) events.push({ type: 'step_output', step, data: { kind: 'text', delta: text, offset: 0 } });
  }
  return fold(initialState({ id: 'e', workflow: 'news', createdAt: '' }), events.map((event, i) => ({ ...common, seq: i + 1, ...event }) as ExecutionEvent));
}

const modelOf = (state: ExecutionState, more: Partial<LiveModel> = {}): LiveModel => ({ state, plan: undefined, notes: new Map(), connection: { state: 'live' }, now: START + 3200, ...more });
const lines = (model: LiveModel, columns = 60, rows = 24) => liveLines(model, { columns, rows }, color);

describe('the live view', () => {
  it('shows how far it is, and a panel for each step that runs, with what it writes', () => {
    expect(lines(modelOf(running({ 'both/a': 'Hello there', 'both/b': '' }), { notes: new Map([['both/b', 'reading']]) }))).toEqual([
      `news running ${'━'.repeat(18)}${'─'.repeat(18)} 50%  3.2s`,
      '┌ both/a  3.2s',
      '│ Hello there',
      '┌ both/b  3.2s',
      '│ reading',
    ]);
  });

  it('shows who does what, attempts, rounds, estimates and cost', () => {
    const plan = { stages: [{ step: 'a', stage: 'reviews', persona: 'Reviewer' }], estimatedMs: 60_000 };
    const state = running({ a: '' }, { attempt: 2, iteration: 3 });
    state.usage = { totalTokens: 1200, costUsd: 0.5 };
    expect(lines(modelOf(state, { plan }), 120).map((line) => line.replace(/[━─]+/, '='))).toEqual(['news running = 50%  3.2s of about 1m 00s  1,200 tokens, $0.50', '┌ a  Reviewer: reviews  attempt 2, round 3  3.2s']);
  });

  it('tells of a line that is cut', () => {
    const model = modelOf(running({}), { connection: { state: 'waiting', delayMs: 100, error: undefined } });
    expect(lines(model)[1]).toBe('⚡ the line is cut; reconnecting…');
    expect(lines({ ...model, connection: { state: 'connecting' } })[1]).toBe('⚡ the line is cut; reconnecting…');
    expect(lines({ ...model, connection: { state: 'polling' } })[1]).toContain('asking for pages');
  });

  it('shows the end of long texts, and fits the terminal, however small, in whatever script', () => {
    const long = 'the quick brown fox 漢字かな交じり文 👩‍👩‍👧 jumps over\n'.repeat(50);
    const state = running(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`both/s${i}`, `${long}the end of ${i}`])));
    for (const [columns, rows] of [[200, 60], [80, 24], [40, 12], [12, 5], [5, 2]] as const) {
      const shown = lines(modelOf(state), columns, rows);
      expect(shown.length).toBeLessThanOrEqual(Math.max(4, rows));
      for (const line of shown) expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(10, columns - 1));
    }
    expect(lines(modelOf(state), 80, 24)).toEqual(expect.arrayContaining(['│ the end of 0']));
    expect(lines(modelOf(state), 80, 8).at(-1)).toBe('… and 7 more that run');
  });

  it('lets no text command the terminal', () => {
    const shown = lines(modelOf(running({ a: 'x\u001b[2J\u001b]0;owned\u0007y' }), { notes: new Map([['a', '\u001b[31mred']]) })).join('\n');
    expect(shown).toContain('│ xy');
    expect(shown).not.toMatch(/(?!\n)\p{Cc}/u);
  });
});
