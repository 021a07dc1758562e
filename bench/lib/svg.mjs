/** Plots as SVG: lines over a logarithmic axis, and bars. Text and nothing but text, so that a change of a figure is a readable diff. */
import { number } from './numbers.mjs';

const WIDTH = 720;
const HEIGHT = 380;
const FRAME = { left: 80, right: 24, top: 64, bottom: 56 };
/** Bars that differ by more are drawn logarithmically. */
const FAR_APART = 50;
const COLOURS = ['#0b6bcb', '#c2410c', '#15803d', '#7e22ce'];
const STYLE = 'text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}.grid{stroke:#d8dee4}.axis{stroke:#57606a}.small{font-size:12px;fill:#57606a}';

/** `series` is `[{ name, points: [[x, y], …] }]`; x is drawn logarithmically, y too with `logY`, else from 0. */
export function linePlot({ title, xLabel, yLabel, series, logY = false }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const yTicks = logY ? decades(Math.min(...ys), Math.max(...ys)) : steps(Math.max(...ys));
  const xAt = scale(Math.log10(xs[0]), Math.log10(xs.at(-1)), FRAME.left + 12, WIDTH - FRAME.right - 12, Math.log10);
  const [low, high] = [yTicks[0], yTicks.at(-1)];
  const yAt = logY ? scale(Math.log10(low), Math.log10(high), HEIGHT - FRAME.bottom, FRAME.top, Math.log10) : scale(low, high, HEIGHT - FRAME.bottom, FRAME.top);
  const lines = series.map(({ points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const dots = points.map(([x, y]) => `<circle cx="${xAt(x)}" cy="${yAt(y)}" r="4" fill="${colour}"><title>${number(x)}: ${number(y)}</title></circle>`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(([x, y]) => `${xAt(x)},${yAt(y)}`).join(' ')}"/>${dots.join('')}`;
  });
  return document(title, [
    ...yTicks.map((y) => `<line class="grid" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${yAt(y)}" y2="${yAt(y)}"/><text class="small" text-anchor="end" x="${FRAME.left - 8}" y="${yAt(y) + 4}">${number(y)}</text>`),
    `<line class="axis" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${HEIGHT - FRAME.bottom}" y2="${HEIGHT - FRAME.bottom}"/>`,
    ...xs.map((x) => `<text class="small" text-anchor="middle" x="${xAt(x)}" y="${HEIGHT - FRAME.bottom + 18}">${number(x)}</text>`),
    `<text class="small" text-anchor="middle" x="${WIDTH / 2}" y="${HEIGHT - 12}">${escape(xLabel)}</text>`,
    `<text class="small" x="${FRAME.left}" y="${FRAME.top - 12}">${escape(yLabel)}</text>`,
    ...lines,
    ...(series.length > 1 ? legend(series) : []),
  ]);
}

/** `bars` is `[{ name, value, ours? }]`, drawn from 0, or on a logarithmic axis where they are too far apart for that. */
export function barPlot({ title, unit, bars }) {
  const rowHeight = 30;
  const left = 210;
  const height = FRAME.top + bars.length * rowHeight + 16;
  const values = bars.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = most / least > FAR_APART;
  const xAt = logarithmic ? scale(Math.log10(least / 3), Math.log10(most), left, WIDTH - 110, Math.log10) : scale(0, most, left, WIDTH - 110);
  const rows = bars.map(({ name, value, ours }, i) => {
    const y = FRAME.top + i * rowHeight;
    return `<text text-anchor="end" x="${left - 10}" y="${y + 15}">${escape(name)}</text><rect x="${left}" y="${y}" width="${round(xAt(value) - left)}" height="20" rx="2" fill="${ours ? COLOURS[0] : '#afb8c1'}"/><text x="${round(xAt(value) + 8)}" y="${y + 15}">${number(value)}</text>`;
  });
  return document(title, [`<text class="small" x="${left}" y="${FRAME.top - 12}">${escape(unit)}${logarithmic ? ', logarithmic' : ''}</text>`, ...rows], height);
}

function document(title, parts, height = HEIGHT) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}</style>`, `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`, `<text class="title" x="24" y="30">${escape(title)}</text>`,
    ...parts, '</svg>', '',
  ].join('\n');
}

function legend(series) {
  return series.map(({ name }, i) => {
    const x = WIDTH - FRAME.right - 200;
    const y = FRAME.top - 26 + i * 18;
    return `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${COLOURS[i % COLOURS.length]}"/><text class="small" x="${x + 16}" y="${y}">${escape(name)}</text>`;
  });
}

function scale(fromLow, fromHigh, toLow, toHigh, transform = (value) => value) {
  const span = fromHigh - fromLow || 1;
  return (value) => round(toLow + ((transform(value) - fromLow) / span) * (toHigh - toLow));
}

/** Powers of ten around the values. */
function decades(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

/** About five round steps from 0 to at least `high`. */
function steps(high) {
  const rough = high / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough);
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, i) => i * step);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
