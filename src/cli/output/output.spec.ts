import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Chalk } from 'chalk';
import { type ExecutionEvent } from '../../contract/events.js';
import { applyEvent, initialState } from '../../contract/state.js';
import { type Io } from '../io.js';
import { JsonOutput } from './json.output.js';
import { LiveOutput } from './live.output.js';
import { type Output } from './output.js';
import { PlainOutput } from './plain.output.js';

const color = new Chalk({ level: 0 });

/** A terminal that keeps what is written. */
class Screen extends Writable {
  readonly isTTY = true;
  rows = 24;
  text = '';
  private readonly looks = new Set<() => void>();

  constructor(public columns: number) {
    super({ decodeStrings: false });
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.text += text;
    for (const look of this.looks) look();
    done();
  }

  until(text: string): Promise<void> {
    return new Promise((done) => {
      const look = () => this.text.includes(text) && done();
      this.looks.add(look);
      look();
    });
  }
}

let shown: Output;
afterEach(() => shown.close(undefined));

const state = initialState({ id: 'e', workflow: 'w', createdAt: '' });
const tell = (seq: number, type: string, more: object) => {
  const event = { seq, type, executionId: 'e', workflow: 'w', timestamp: new Date(seq).toISOString(), progress: 0, ...more } as ExecutionEvent;
  applyEvent(state, event);
  shown.event(event, state);
};
const ioOf = (screen: Screen) => ({ stdout: screen, stderr: screen, stdin: process.stdin, env: {}, now: () => 0 }) as unknown as Io;

describe('while a question stands on the terminal', () => {
  it.each([['JSON', (io: Io) => new JsonOutput(io)], ['lines', (io: Io) => new PlainOutput(io, color)]])('%s wait for its answer', (_name, make) => {
    const screen = new Screen(80);
    shown = make(ioOf(screen));
    shown.pause();
    tell(1, 'workflow_started', { data: { input: null } });
    tell(2, 'message', { data: { level: 'info', code: 'x', text: 'done' } });
    expect(screen.text).toBe('');
    shown.resume();
    expect(screen.text).toMatch(/^.*(▶ w|workflow_started).*\n.*done.*\n$/);
  });

  it('nothing of the view is left above it', async () => {
    const screen = new Screen(80);
    shown = new LiveOutput(ioOf(screen), color, () => 0);
    tell(1, 'workflow_started', { data: { input: null } });
    await screen.until('w running');
    screen.text = '';
    shown.pause();
    // The line of the view, and the empty one that the cursor stands on.
    expect(screen.text).toContain('\u001b[2K\u001b[1A\u001b[2K');
    expect(screen.text).not.toContain('w running');
  });
});

describe('the view in a terminal that tells no size', () => {
  it('is drawn as in one of the usual size', async () => {
    const screen = new Screen(0);
    screen.rows = 0;
    shown = new LiveOutput(ioOf(screen), color, () => 0);
    tell(1, 'workflow_started', { data: { input: null } });
    await screen.until('w running');
    expect(screen.text).toContain('▶ w\n');
    expect(screen.text).toMatch(/w running .{30,}\d+%/);
    screen.text = '';
    screen.columns = 0;
    screen.rows = 0;
    screen.emit('resize');
    await screen.until('w running');
  });
});

describe('the view in a terminal that becomes narrower', () => {
  it('takes away the rows, too, that its lines are wrapped into then', async () => {
    const screen = new Screen(80);
    shown = new LiveOutput(ioOf(screen), color, () => 0);
    tell(1, 'workflow_started', { data: { input: null } });
    await screen.until('w running');
    const [line = ''] = /w running .*\d+%.*/.exec(screen.text) ?? [];
    expect(line.length).toBeGreaterThan(40);
    screen.text = '';
    screen.columns = 20;
    screen.emit('resize');
    expect(screen.text).toContain(`\u001b[${Math.ceil(line.trimEnd().length / 20) - 1}A\u001b[J`);
  });
});
