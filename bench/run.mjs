/**
 * Measures Stepcast beside its peers, in one run on one machine.
 *
 *   npm run bench                     all benches, then the table, bench/results/*.json and docs/performance.md
 *   npm run bench -- engine tokens    some of them
 *   npm run bench -- --quick          all, but the journal of five million events
 *   npm run bench -- --profile        with CPU profiles of Stepcast's processes, and where their time went; keeps no results
 *   npm run bench -- --dist DIR       another build than ./dist; keeps no results
 *   npm run bench -- --out DIR        keeps results and document there instead
 *   npm run bench:smoke               tiny sizes: whether everything still runs and answers right; looks at no figure
 */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { checkReader } from './client/sse.reader.check.mjs';
import { contextOf } from './lib/context.mjs';
import { writeDocument } from './lib/document.mjs';
import { firstLine } from './lib/interleave.mjs';
import { describeMachine, describeVersions, loadNow } from './lib/machine.mjs';
import { number } from './lib/numbers.mjs';
import { BENCH, ROOT } from './lib/paths.mjs';
import { installPeers } from './lib/peers.mjs';
import { printProfiles } from './lib/profile.mjs';
import { readResults, withRatios, writeResult } from './lib/results.mjs';
import { printGoals, printTable } from './lib/table.mjs';

const NAMES = ['engine', 'parallel', 'tokens', 'fanout', 'streams', 'latency', 'overhead', 'memory', 'replay', 'start', 'scaling'];
/** Above this load the machine is not the bench's own. */
const QUIET_LOAD = 0.5;

async function main() {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { smoke: { type: 'boolean' }, quick: { type: 'boolean' }, profile: { type: 'boolean' }, dist: { type: 'string' }, out: { type: 'string' } },
  });
  const unknown = positionals.filter((name) => !NAMES.includes(name));
  if (unknown.length) throw new Error(`there is no bench ${unknown.join(', ')}; there are ${NAMES.join(', ')}`);
  // Read by every process that is started from here.
  if (options.dist) process.env.BENCH_DIST = resolve(options.dist);
  if (!existsSync(join(process.env.BENCH_DIST ?? join(ROOT, 'dist'), 'index.js'))) throw new Error('there is no build to measure; run npm run build first');
  installPeers();
  if (options.smoke) checkReader();

  const profileDir = options.profile ? mkdtempSync(join(tmpdir(), 'stepcast-profiles-')) : undefined;
  const load = loadNow();
  if (!options.smoke && load > QUIET_LOAD) console.log(`The machine is not quiet (load ${load}): these figures are not worth publishing.`);
  const about = { load, machine: describeMachine(), versions: describeVersions() };
  const results = [];
  for (const name of positionals.length ? positionals : NAMES) {
    const result = await runBench(name, { ...options, profileDir });
    if (result) results.push({ ...result, ...about });
    if (profileDir && existsSync(join(profileDir, name))) printProfiles(join(profileDir, name));
  }
  if (!options.smoke) report(results, options);
}

/** Runs a bench; where it fails, says so, and lets the others run. */
async function runBench(name, options) {
  const started = performance.now();
  process.stdout.write(`${name} … `);
  try {
    const { default: bench } = await import(`./benches/${name}.mjs`);
    const context = contextOf(bench, options);
    const { cases, goals } = await bench.run(context);
    const failed = cases.flatMap(({ rows }) => rows.filter((row) => row.failed));
    for (const { name: contestant, note } of failed) console.error(`\n${name}: ${contestant} ${note}`);
    if (failed.length) process.exitCode = 1;
    const seconds = (performance.now() - started) / 1000;
    console.log(`${number(Math.round(seconds))} s`);
    return {
      bench: name, title: bench.title, date: new Date().toISOString(), seconds, sizes: context.sizes,
      cases: withRatios(cases), goals: goals.filter(Boolean),
    };
  } catch (error) {
    console.error(`failed: ${firstLine(error)}\n${error.stack}`);
    process.exitCode = 1;
    return undefined;
  }
}

function report(results, { out, profile, dist }) {
  printTable(results);
  printGoals(results);
  if (!out && (profile || dist)) return;
  const [resultsDir, docsDir] = out ? [join(out, 'results'), join(out, 'docs')] : [join(BENCH, 'results'), join(ROOT, 'docs')];
  for (const result of results) writeResult(resultsDir, result);
  if (results.length) writeDocument(docsDir, readResults(resultsDir), NAMES);
  console.log(`\nWritten: ${resultsDir}, ${join(docsDir, 'performance.md')}`);
}

await main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
