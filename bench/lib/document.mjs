/** docs/performance.md, from the results that are kept. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { number, ratio } from './numbers.mjs';
import { drawPlots } from './plots.mjs';

const PLOTS = 'performance';

export function writeDocument(folder, results, order) {
  const plots = drawPlots(results);
  mkdirSync(join(folder, PLOTS), { recursive: true });
  for (const { file, svg } of plots) writeFileSync(join(folder, PLOTS, file), svg);
  const known = order.map((name) => results.get(name)).filter(Boolean);
  const sections = known.map((result) => section(result, plots.filter(({ bench }) => bench === result.bench)));
  writeFileSync(join(folder, 'performance.md'), [INTRODUCTION, goals(known), ...sections, METHOD, machine(known)].join('\n\n') + '\n');
}

const INTRODUCTION = `# Performance

<!-- Written by \`npm run bench\`: change the bench, not this page. -->

Stepcast beside its peers, measured in one run on one machine by \`npm run bench\`. What counts are the ratios: a figure is
worth as much as the one beside it, from the same minutes on the same machine. The column *Stepcast is* says how many times
better Stepcast is than that row; below 1 it is worse. A *floor* does none of the work (no engine, no journal, no rights): it
shows what is left to gain.`;

const METHOD = `## Method

- **Stepcast is what users get**: the built package with its default options, but for bounds that no bench may run into
  (streams, executions and requests of a user). Every event is in the SQLite journal, in a file, before any reader sees it.
- **Everyone has a process of their own**, engines as well as servers, and the load client too; servers and client talk over
  the loopback interface.
- **Side by side**: each contestant is warmed up, then they take turns, every round beginning with another one. A figure is the
  median of its runs, of which there are at least 3; all runs are in \`bench/results\`.
- **The client counts on raw sockets.** It reads HTTP itself, checks that the ids of every stream go 1, 2, 3 …, and an error or
  a lost event is no figure but a failure. So is an engine whose reader saw a wrong number of steps or a wrong result.
- **Engines** run one workflow after another and read each as a stream: Stepcast's \`executeStreaming\`, Mastra's
  \`run.stream()\`, LangGraph's \`graph.stream()\` (mode \`updates\`; \`custom\` for pieces of text), AI SDK's \`textStream\`. *In
  memory* is Mastra's default store, and LangGraph without a checkpointer. Of the peers, those with a store keep the state after
  each step; none keeps the pieces of text.
- **Fan-out**: a burst is made in one turn of the loop, the next in the next turn, as long as the slowest subscriber is not too
  far behind, which the client tells the server. All servers send the same frames: Stepcast's \`step_output\`, some 400 bytes.
  Each library is given what its documentation gives it: an object, or a string where it takes strings. *bare node:http* makes
  a write of each frame, *coalesced* one write of the frames of a turn.
- **streams and latency**: each stream has a timer of its own; pieces hold the time of their making, on a clock that all
  processes share. A server that is full makes its pieces late, so it shows in the rate before it shows in the latency.
- **memory** is growth of resident memory after a full collection, in a fresh process for each run, past the first 200.
- **replay** is from the request to the last frame; **start** from the start of the process to the first 200.
- **The journal of scaling** is filled by SQL with finished executions of 200 events each; \`append\` is 100 events of 20 executions a
  transaction, \`resume\` reads an execution's 100 events after its middle, at random over the whole file.

\`\`\`bash
npm run bench                      # all of it, in a quarter of an hour
npm run bench -- engine fanout     # some of it
npm run bench -- --quick           # without the journal of five million events
npm run bench -- tokens --profile  # where Stepcast's time goes
npm run bench:smoke                # whether the benches still work; looks at no figure
\`\`\`

The peers are dependencies of \`bench/package.json\` alone and are installed by the first run.`;

function goals(results) {
  const rows = results.flatMap(({ bench, goals: all }) => all.map(({ text, value, unit, met }) => [bench, text, `${number(value)} ${unit}`, met ? 'yes' : '**no**']));
  return `## Goals\n\n${table(['bench', 'goal', 'measured', 'met'], rows)}`;
}

function section({ bench, title, cases }, plots) {
  const images = plots.map(({ file }) => `![${title}](${PLOTS}/${file})`);
  const tables = cases.length && cases.every((one) => one.plot) ? scaled(cases) : cases.map((one) => `**${one.name}**\n\n${figures(one)}`);
  return [`## ${bench}`, `${title}.`, ...images, ...tables].join('\n\n');
}

function figures({ unit, rows }) {
  return table(['', unit, 'runs', 'Stepcast is'], rows.map((row) => [nameOf(row), row.note ?? number(row.value), runsOf(row), ratio(row.ratio)]));
}

/** Cases that are points of a plot, as one table for each plot. */
function scaled(cases) {
  const plots = [...new Set(cases.map(({ plot }) => plot))];
  return plots.map((plot) => {
    const own = cases.filter((one) => one.plot === plot);
    const names = own[0].rows.map(nameOf);
    const rows = own.map(({ name, rows: all }) => [name, ...all.map((row) => row.note ?? number(row.value)), ...all.slice(1).map((row) => ratio(row.ratio))]);
    return table([own[0].unit, ...names, ...names.slice(1).map(() => 'Stepcast is')], rows);
  });
}

function runsOf({ runs }) {
  return runs ? runs.map(number).join(' · ') : '';
}

function nameOf({ name, ours, floor }) {
  return ours ? `**${name}**` : floor ? `${name} (floor)` : name;
}

/** Of every bench, since some may have been measured later, on another machine or with other versions. */
function machine(results) {
  const about = ({ load, versions: { stepcast }, machine: { cpu, cores, memoryGB, storage, system, node, sqlite } }) =>
    [`${cpu}, ${cores} cores, ${memoryGB} GB, ${storage}`, system, `Node ${node}, SQLite ${sqlite}`, stepcast, String(load)];
  const rows = grouped(results, about).map(([cells, of]) => {
    const dates = of.map(({ date }) => date.slice(0, 16).replace('T', ' ')).sort();
    const seconds = of.reduce((sum, one) => sum + one.seconds, 0);
    return [of.map(({ bench }) => bench).join(', '), dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`, `${number(Math.round(seconds))} s`, ...cells];
  });
  const peers = grouped(results, ({ versions }) => Object.entries(versions).slice(1).map(([name, version]) => `${name} ${version}`));
  const lists = peers.map(([list, of]) => `${peers.length > 1 ? `${of.map(({ bench }) => bench).join(', ')}: ` : ''}${list.join(', ')}.`);
  return ['## Machine and versions', table(['bench', 'measured (UTC)', 'took', 'machine', 'system', 'runtime', 'Stepcast', 'load before'], rows), ...lists].join('\n\n');
}

/** `[[key, items], …]`, by equal keys. */
function grouped(items, keyOf) {
  return [...Map.groupBy(items, (item) => JSON.stringify(keyOf(item)))].map(([key, all]) => [JSON.parse(key), all]);
}

function table(headings, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
