// Loaded before the service: makes its agent `delay` one that ignores its signal and holds on to the process.
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { DelayAgent } = await import(pathToFileURL(join(dirname(process.argv[1]), 'orchestration/agents/delay.agent.js')).href);
DelayAgent.prototype.execute = ({ input }) => new Promise((resolve) => setTimeout(resolve, input.ms, input));
