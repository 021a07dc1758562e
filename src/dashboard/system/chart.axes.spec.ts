import { describe, expect, it } from '@jest/globals';
import { timeLabels, timeRange, valueLabels, valueRange } from './chart.axes.js';

const fixed = (value: number) => `${value.toFixed(2)} ms`;

describe('the axes of a chart', () => {
  it('show two minutes at least, up to the latest time, also of a single one', () => {
    expect(timeRange([])).toEqual([0, 1]);
    expect(timeRange([1000])).toEqual([880, 1000]);
    expect(timeRange([1000, 1005])).toEqual([885, 1005]);
    expect(timeRange([1000, 1005, 1600])).toEqual([1000, 1600]);
  });

  it('have times only where something has a time', () => {
    expect(timeLabels([0, 0.5, 1], [])).toEqual(['', '', '']);
    const labels = timeLabels([900, 930, 960], [1000]);
    expect(new Set(labels).size).toBe(3);
    for (const label of labels) expect(label).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it('go from zero to above the highest value, and not below what marks can tell', () => {
    expect([valueRange(null, 4), valueRange(0, 0.1), valueRange(0.001, 0.1), valueRange(Infinity, 1)]).toEqual([[0, 4], [0, 0.1], [0, 0.1], [0, 1]]);
    expect(valueRange(100, 1)[1]).toBeCloseTo(115);
  });

  it('say no value twice, and none of what is not known', () => {
    expect(valueLabels([0, 0.001, 0.002], fixed, true)).toEqual(['0.00 ms', '', '']);
    expect(valueLabels([0, 0.05, 0.1], fixed, true)).toEqual(['0.00 ms', '0.05 ms', '0.10 ms']);
    expect(valueLabels([0, 0.05, 0.1], fixed, false)).toEqual(['0.00 ms', '', '']);
  });
});
