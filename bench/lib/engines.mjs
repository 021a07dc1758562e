/** Engines beside one another, each in a process and a folder of its own. */
import { interleave } from './interleave.mjs';
import { engineFile, withFolder } from './paths.mjs';

/** Rows of one kind of work (lib/engine.mjs); `params` are the work's own. */
export async function measureEngines(context, contestants, kind, params = {}) {
  const { ms, runs } = context.sizes;
  return withEngines(context, contestants, (children) =>
    interleave(contestants, { runs }, (contestant, { warmup }) => children.get(contestant).call(kind, { ...params, ms: warmup ? ms / 2 : ms })),
  );
}

/** Starts an engine, runs `work` with it, and stops it. */
export function withEngine(context, contestant, work) {
  return withFolder(async (dataDir) => {
    const child = await context.start(engineFile(contestant.engine), contestant);
    try {
      await child.call('setup', { dataDir, durable: contestant.durable });
      return await work(child);
    } finally {
      await child.stop();
    }
  });
}

function withEngines(context, contestants, work, children = new Map()) {
  const next = contestants[children.size];
  if (!next) return work(children);
  return withEngine(context, next, (child) => withEngines(context, contestants, work, children.set(next, child)));
}
