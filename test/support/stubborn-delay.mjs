// Loaded before the service: lets its agent `delay` ignore its signal and hold on to the process, where it waits for an hour
// or more. By what it waits with, as the agent itself is within the one file of the service.
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const wait = timers.setTimeout;
timers.setTimeout = (ms, value, options) => wait(ms, value, ms >= 3_600_000 ? undefined : options);
syncBuiltinESMExports();
