import { readFileSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { StepcastError } from '../../../contract/errors.js';
import { English } from './english.js';
import { Readings, TEXT_LIMIT } from './readings.js';

const alice = readFileSync(new URL('../../../../examples/texts/alice-chapter-1.txt', import.meta.url), 'utf8');
const open = new AbortController().signal;

describe('readings', () => {
  it('read a text once, however many ask for it, and all at once', async () => {
    const english = new English();
    const read = jest.spyOn(english, 'read');
    const readings = new Readings(english);
    const all = await Promise.all([1, 2, 3].map(() => readings.of(alice).sentences(open)));
    expect(read).toHaveBeenCalledTimes(readings.of(alice).plan.length);
    expect(all[1]).toEqual(all[0]);
    expect(all[0]?.map(({ section }) => section)).toEqual([...(all[0] ?? [])].map(({ section }) => section).sort((a, b) => a - b));
  });

  it('are the same made anew', async () => {
    const [first, second] = await Promise.all([new Readings(new English()), new Readings(new English())].map((readings) => readings.of(alice).sentences(open)));
    expect(second).toEqual(first);
  });

  it('give the event loop a turn before each section', async () => {
    let turns = 0;
    let reading = true;
    const count = (): void => {
      turns++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const { plan } = new Readings(new English()).of(alice);
    await new Readings(new English()).of(alice).sentences(open);
    reading = false;
    expect(turns).toBeGreaterThanOrEqual(plan.length);
  });

  it('stop at the next section when the signal aborts', async () => {
    const english = new English();
    const read = jest.spyOn(english, 'read');
    const abort = new AbortController();
    const sections = new Readings(english).of(alice).sections(abort.signal);
    await sections.next();
    abort.abort();
    await expect(sections.next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('let the text go that was used longest ago', () => {
    const readings = new Readings(new English());
    const first = readings.of('text 0');
    for (let i = 1; i < 16; i++) readings.of(`text ${i}`);
    expect(readings.of('text 0')).toBe(first);
    readings.of('text 16');
    expect(readings.of('text 0')).toBe(first);
    for (let i = 20; i < 36; i++) readings.of(`text ${i}`);
    expect(readings.of('text 0')).not.toBe(first);
  });

  it('keep few large texts', () => {
    const readings = new Readings(new English());
    const large = (letter: string): string => letter.repeat(400_000);
    const first = readings.of(large('a'));
    readings.of(large('b'));
    expect(readings.of(large('a'))).toBe(first);
    readings.of(large('c'));
    readings.of(large('d'));
    expect(readings.of(large('a'))).not.toBe(first);
  });

  it('refuse what is no text, and say why', () => {
    const readings = new Readings(new English());
    const refusal = (text: unknown): unknown => {
      try {
        return readings.of(text);
      } catch (error) {
        return error;
      }
    };
    for (const [text, message] of [
      [undefined, 'must be a string'], [42, 'must be a string'], ['', 'nothing but white space'], [' \r\n\t\u00a0', 'nothing but white space'], ['x'.repeat(TEXT_LIMIT + 1), '500000 characters'],
    ] as const) {
      const error = refusal(text);
      expect(error).toBeInstanceOf(StepcastError);
      expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(message) });
    }
  });

  it('count characters, not UTF-16 units', () => {
    expect(new Readings(new English()).of('😀'.repeat(TEXT_LIMIT)).text).toHaveLength(2 * TEXT_LIMIT);
  });
});
