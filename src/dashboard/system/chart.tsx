/** A chart of the history of some figures, on a canvas; what it shows last is there as text as well. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import { isDark, usePreference } from '../app/preferences.js';
import { timeLabels, timeRange, valueLabels, valueRange } from './chart.axes.js';
import { type Point, type POINT_KEYS } from './metrics.history.js';

export interface Series {
  key: (typeof POINT_KEYS)[number];
  label: string;
  tone: 'run' | 'ok' | 'warn' | 'bad' | 'idle';
}

const HEIGHT = 150;
/** Steps between the marks of what is counted. */
const WHOLE = [1, 2, 5].flatMap((step) => Array.from({ length: 10 }, (_, power) => step * 10 ** power)).sort((a, b) => a - b);
/** Pixels: half of a time, which the last mark has to its right. */
const HALF_TIME = 30;
/** The top of an axis at least: so far that its marks differ, as units write them. */
const LEAST = 0.1;
const LEAST_WHOLE = 4;

export interface ChartProps {
  title: string;
  unit: (value: number) => string;
  /** Whether it is counted, and has no halves. */
  isWhole?: boolean;
  series: readonly Series[];
  points: readonly Point[];
}

export function Chart({ title, unit, isWhole = false, series, points }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const dark = usePreference(isDark);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = (plot.current = new uPlot(optionsOf(element, unit, isWhole, series), [[]], element));
    const observer = new ResizeObserver(([entry]) => entry && made.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [series, unit, isWhole, dark]);
  useEffect(() => {
    const times = points.map(({ at }) => at);
    plot.current?.setData([times, ...series.map(({ key }) => points.map((point) => point[key]))]);
  }, [points, series, dark]);
  const last = points.at(-1);
  return (
    <figure className="card pad chart">
      <figcaption><b>{title}</b><span className="chart-legend">{series.map(({ key, label, tone }) => <span key={key} data-tone={tone}><i aria-hidden="true" />{label} <span className="number">{last?.[key] === null || last === undefined ? '—' : unit(last[key])}</span></span>)}</span></figcaption>
      <div ref={box} className="chart-box" aria-hidden="true" />
    </figure>
  );
}

function optionsOf(element: HTMLElement, unit: (value: number) => string, isWhole: boolean, series: readonly Series[]): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => {
    // A variable of `light-dark()` is a colour only where it is used.
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    element.append(probe);
    const used = getComputedStyle(probe).color;
    probe.remove();
    return used;
  };
  const axis: uPlot.Axis = { stroke: colour('--ink-2'), font: `11px ${style.fontFamily}`, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(100, Math.floor(element.clientWidth)), height: HEIGHT, legend: { show: false }, cursor: { show: false }, padding: [8, HALF_TIME, 0, 0],
    scales: { x: { range: (plot) => timeRange(plot.data[0]) }, y: { range: (_plot, _min, max) => valueRange(max, isWhole ? LEAST_WHOLE : LEAST) } },
    axes: [{ ...axis, space: 70, size: 26, values: (plot, marks) => timeLabels(marks, plot.data[0]) }, { ...axis, size: 62, space: 34, ...(isWhole ? { incrs: WHOLE } : {}), values: (plot, marks) => valueLabels(marks, unit, isKnown(plot.data)) }],
    series: [{}, ...series.map(({ label, tone }): uPlot.Series => ({ label, stroke: colour(`--${tone}`), width: 1.75, points: { show: false }, spanGaps: false }))],
  };
}

function isKnown([, ...rows]: uPlot.AlignedData): boolean {
  return rows.some((row) => Array.from(row).some((value) => value !== null && value !== undefined));
}
