/** What CPU profiles say in short: the functions in which most time was spent themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { number } from './numbers.mjs';

const SHOWN = 25;
/** No work of anyone; `post` is the profiler itself. */
const REST = new Set(['(idle)', '(root)', 'post']);

export function printProfiles(folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const self = selfTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    const total = [...self.values()].reduce((sum, micros) => sum + micros, 0);
    console.log(`\n${join(folder, file)}: ${number(total / 1000)} ms of work`);
    const most = [...self].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
    for (const [name, micros] of most) console.log(`${((micros / total) * 100).toFixed(1).padStart(6)} %  ${name}`);
  }
}

/** Microseconds by function; functions of Node itself, such as a statement's `run`, are told apart by who calls them. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const nameOf = (id) => {
    const { functionName, url, lineNumber } = byId.get(id);
    const name = functionName || '(anonymous)';
    if (url) return `${name} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
    const caller = callers.get(id);
    return name.startsWith('(') || caller === undefined ? name : `${name} ← ${nameOf(caller)}`;
  };
  const names = new Map();
  const self = new Map();
  for (const [i, id] of samples.entries()) {
    if (REST.has(byId.get(id).functionName)) continue;
    if (!names.has(id)) names.set(id, nameOf(id));
    const name = names.get(id);
    self.set(name, (self.get(name) ?? 0) + timeDeltas[i]);
  }
  return self;
}
