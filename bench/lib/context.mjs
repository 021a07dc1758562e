/** What a bench is given: its sizes, and how to start a process. */
import { join } from 'node:path';
import { Child } from './calls.mjs';

export function contextOf(bench, { smoke, quick, profileDir }) {
  const sizes = { ...bench.sizes[smoke ? 'smoke' : 'full'], ...(quick && !smoke ? bench.quick : {}) };
  const profiled = profileDir ? { BENCH_PROFILE: join(profileDir, bench.name) } : {};
  return {
    sizes,
    /** Whether what contestants send is looked at in every detail, at the cost of the figures. */
    check: Boolean(smoke),
    /** Starts a process for a contestant; Stepcast's own are the ones that are profiled. */
    start: (file, contestant = {}) => Child.start(file, { nodeFlags: contestant.nodeFlags, env: contestant.ours ? profiled : {} }),
  };
}
