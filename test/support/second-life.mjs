// Loaded before the service: where it finds a journal, as one does that goes on after another, its agents wait a hundredth of
// what they are told. So what a first life shall not get done in any case is soon done in the second. By what they wait with,
// as they are within the one file of the service.
import { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import timers from 'node:timers/promises';

const wait = timers.setTimeout;
if (existsSync(join(process.env.STEPCAST_DATA_DIR ?? '', 'stepcast.db'))) {
  timers.setTimeout = (ms, value, options) => wait(ms < 3_600_000 ? ms / 100 : ms, value, options);
  syncBuiltinESMExports();
}
