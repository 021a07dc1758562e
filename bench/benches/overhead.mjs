import { goal } from '../lib/goals.mjs';
import { interleave } from '../lib/interleave.mjs';
import { engineFile, withFolder } from '../lib/paths.mjs';

const SILENT = { name: 'streaming.enabled: false', floor: true, workflow: 'silent' };
const STREAMED = { name: 'streaming.enabled: true', ours: true, workflow: 'streamed' };

export default {
  name: 'overhead',
  title: 'Agents that work for 5 ms, with their pieces of text and progress streamed and without',
  sizes: { full: { workflows: 12, runs: 7, agentMs: 5 }, smoke: { workflows: 1, runs: 1, agentMs: 0.5 } },
  async run(context) {
    const { workflows, runs, agentMs } = context.sizes;
    const rows = await withFolder(async (dataDir) => {
      const child = await context.start(engineFile('overhead'), STREAMED);
      try {
        await child.call('setup', { dataDir, agentMs });
        return await interleave([STREAMED, SILENT], { runs }, ({ workflow }) => child.call('run', { workflow, workflows }));
      } finally {
        await child.stop();
      }
    });
    const [streamed, silent] = rows;
    const overhead = (streamed.value / silent.value - 1) * 100;
    const cases = [{ name: `agents of ${agentMs} ms, 10 pieces and 2 reports of progress each`, unit: 'ms an agent', better: 'lower', rows }];
    return { cases, goals: [goal('≤ 5 % on agents that take 5 ms', overhead, '%', overhead <= 5)] };
  },
};
