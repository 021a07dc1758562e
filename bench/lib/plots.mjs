/** The plots of docs/performance.md, from the results. */
import { barPlot, linePlot } from './svg.mjs';

const CASES_OF = (result, plot) => result.cases.filter((one) => one.plot === plot);

/** One line for each contestant. */
function seriesOf(cases) {
  return cases[0].rows.map(({ name }) => ({
    name,
    points: cases.map(({ x, rows }) => [x, rows.find((row) => row.name === name)?.value]).filter(([, y]) => y !== undefined),
  }));
}

/** File name, and how it is drawn from the results by bench; nothing where those are not there. */
const PLOTS = [
  ...['engine', 'parallel', 'tokens'].map((bench) => ({
    bench, file: `${bench}.svg`,
    draw: ({ title, cases: [{ unit, rows }] }) => barPlot({ title, unit, bars: rows.filter(({ value }) => value !== undefined) }),
  })),
  {
    bench: 'fanout', file: 'fanout.svg',
    draw: ({ cases }) => {
      const { name, unit, rows } = cases.find(({ subscribers, burst }) => subscribers === 100 && burst === 16) ?? cases.at(-1);
      return barPlot({ title: `Fan-out: ${name}`, unit, bars: rows.filter(({ value }) => value !== undefined) });
    },
  },
  {
    bench: 'scaling', file: 'scaling-engine.svg',
    draw: (result) => linePlot({ title: 'A step, while more and more executions run', xLabel: 'executions at once', yLabel: 'µs a step', series: seriesOf(CASES_OF(result, 'engine')) }),
  },
  {
    bench: 'scaling', file: 'scaling-fanout.svg',
    draw: (result) => linePlot({ title: 'Deliveries to more and more subscribers', xLabel: 'subscribers', yLabel: 'deliveries/s', series: seriesOf(CASES_OF(result, 'fanout')), logY: true }),
  },
  {
    bench: 'scaling', file: 'scaling-journal.svg',
    draw: (result) => {
      const kinds = { append: 'append an event', resume: 'resume from the middle', list: 'list of one user' };
      const series = Object.entries(kinds).map(([kind, name]) => ({ name, points: seriesOf(CASES_OF(result, `journal-${kind}`))[0].points }));
      return linePlot({ title: 'The journal, the more it holds', xLabel: 'stored events', yLabel: 'µs', series, logY: true });
    },
  },
];

/** `[{ bench, file, svg }]` for the benches there are results of. */
export function drawPlots(results) {
  return PLOTS.filter(({ bench }) => results.has(bench)).map(({ bench, file, draw }) => ({ bench, file, svg: draw(results.get(bench)) }));
}
