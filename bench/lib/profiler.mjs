/** A CPU profile of this process from now to its end, where BENCH_PROFILE names the folder for it: the start-up is not in it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename, join } from 'node:path';

const INTERVAL_MICROS = 200;

let session;

export async function startProfile() {
  if (!process.env.BENCH_PROFILE || session) return;
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS });
  await session.post('Profiler.start');
}

export async function writeProfile() {
  if (!session) return;
  const { profile } = await session.post('Profiler.stop');
  mkdirSync(process.env.BENCH_PROFILE, { recursive: true });
  writeFileSync(join(process.env.BENCH_PROFILE, `${basename(process.argv[1], '.mjs')}-${process.pid}.cpuprofile`), JSON.stringify(profile));
}
