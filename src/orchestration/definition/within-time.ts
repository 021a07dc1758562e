import { createContext, Script } from 'node:vm';

interface Sandbox {
  run: (() => void) | undefined;
}

const script = new Script('run()');
/** Made when it is first needed: a context of its own is a good part of a start. */
let sandbox: Sandbox | undefined;

/** How often what a process that did not get to run has stopped is begun anew. */
const MAX_RUNS = 3;

/**
 * Runs synchronous code and stops it wherever it is when the time is over, endless loops and regular expressions
 * included. What was stopped may leave its own data half-made, so let go of it. Where the process itself was held up,
 * on a machine that is asleep or busy, and the code has hardly run, it is begun anew. Costs about 0.1 ms.
 *
 * @param ms Milliseconds.
 * @param run Makes what it needs by itself, as it may be called more than once.
 * @returns `undefined` when the time was over.
 */
export function withinTime<T>(ms: number, run: () => T): { value: T } | undefined {
  const before = process.cpuUsage();
  for (let runs = 1; ; runs++) {
    const result = once(ms, run);
    if (result || runs === MAX_RUNS) return result;
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > ms / 2) return undefined;
  }
}

function once<T>(ms: number, run: () => T): { value: T } | undefined {
  const context = (sandbox ??= createContext(Object.assign(Object.create(null) as object, { run: undefined })) as Sandbox);
  let result: { value: T } | undefined;
  context.run = () => (result = { value: run() });
  try {
    script.runInContext(context, { timeout: ms });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return undefined;
  } finally {
    context.run = undefined;
  }
  return result;
}
