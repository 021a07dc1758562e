import { describe, expect, it } from '@jest/globals';
import { faultsOfSlos, parseSlos } from './slo.options.js';

const SLO = { name: 'runs', measure: 'success', target: 0.99, windowMs: 86_400_000 };

describe('objectives that are configured', () => {
  it('are taken as they are', () => {
    const slos = [SLO, { ...SLO, name: 'quick', measure: 'completion', thresholdMs: 1000, workflow: 'brief' }, { ...SLO, name: 'begins', measure: 'first_event', thresholdMs: 50 }];
    expect(parseSlos(JSON.stringify(slos))).toEqual(slos);
  });

  it.each([
    ['{}', 'must be a list'], ['[', 'must be JSON'], ['null', 'must be a list'], ['[null]', '[0] must be an object'], ['[[]]', '[0] must be an object'],
    [JSON.stringify(Array.from({ length: 21 }, (_, i) => ({ ...SLO, name: `n${i}` }))), 'at most 20'],
    [JSON.stringify([SLO, SLO]), '[1].name must be its own'],
  ])('are refused: %s', (text, fault) => {
    expect(() => parseSlos(text)).toThrow(fault);
  });

  it.each([
    [{ name: 'a b' }, 'name'], [{ name: '' }, 'name'], [{ name: 7 }, 'name'], [{ measure: 'speed' }, 'measure'], [{ measure: undefined }, 'measure'],
    [{ target: 1 }, 'target'], [{ target: 0 }, 'target'], [{ target: '0.9' }, 'target'], [{ windowMs: 1000 }, 'windowMs'], [{ windowMs: 3_600_001 }, 'windowMs'],
    [{ windowMs: 40 * 86_400_000 }, 'windowMs'], [{ thresholdMs: 5 }, 'thresholdMs'], [{ measure: 'completion' }, 'thresholdMs'], [{ measure: 'completion', thresholdMs: 1.5 }, 'thresholdMs'],
    [{ workflow: '' }, 'workflow'], [{ colour: 1 }, 'colour is not known'],
  ])('are refused where a field is wrong: %j', (change, fault) => {
    expect(faultsOfSlos([{ ...SLO, ...change }]).map((text) => text.slice(4))).toEqual([expect.stringContaining(fault)]);
  });

  it('are refused with all faults at once', () => {
    expect(faultsOfSlos([{}, { ...SLO, target: 2 }])).toHaveLength(5);
  });
});
