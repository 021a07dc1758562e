import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { STEPCAST } from '../lib/contestants.mjs';
import { goal } from '../lib/goals.mjs';
import { interleave } from '../lib/interleave.mjs';
import { BENCH, DIST, withFolder } from '../lib/paths.mjs';

const OURS = { ...STEPCAST, name: 'Stepcast, the service', file: join(DIST, 'main.js') };
const PLAIN = { name: 'a plain Nest app', floor: true, file: join(BENCH, 'servers', 'plain-nest.mjs') };
const POLL_MS = 2;
const PATIENCE_MS = 30_000;

export default {
  name: 'start',
  title: 'From the start of the process, with an empty data folder, to the first 200 of /health/ready',
  sizes: { full: { runs: 9 }, smoke: { runs: 1 } },
  async run(context) {
    const rows = await interleave([OURS, PLAIN], { runs: context.sizes.runs }, (contestant) => withFolder((folder) => measureStart(contestant, folder)));
    const [ours, plain] = rows;
    const ratio = ours.value / plain.value;
    const cases = [{ name: 'process start to /health/ready', unit: 'ms', better: 'lower', rows }];
    return { cases, goals: [goal('≤ 1.3 times a plain Nest app', ratio, 'times', ratio <= 1.3)] };
  },
};

async function measureStart({ file }, folder) {
  const port = await freePort();
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('STEPCAST_'));
  const env = { ...Object.fromEntries(own), PORT: String(port), STEPCAST_DATA_DIR: folder, STEPCAST_API_KEYS: 'bench:bench-key', NODE_ENV: 'production' };
  const started = performance.now();
  const child = spawn(process.execPath, [file], { env, stdio: 'ignore' });
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
      if (performance.now() - started > PATIENCE_MS) throw new Error(`${file} was not ready after ${PATIENCE_MS} ms`);
      await sleep(POLL_MS);
    }
    return { value: performance.now() - started };
  } finally {
    const exit = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGKILL')) await exit;
  }
}

function isReady(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => socket.write(`GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`));
    socket.once('data', (bytes) => {
      resolve(bytes.subarray(0, 12).latin1Slice() === 'HTTP/1.1 200');
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
