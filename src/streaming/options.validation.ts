/** What the options of `StreamingModule` must be where they are numbers, or made of numbers. */
import { StepcastError } from '../contract/errors.js';
import { rateLimitFault } from '../rate-limit/rate-limit.parser.js';
import { faultsOfSlos } from '../metrics/slo.options.js';
import { cacheOptionFaults } from '../orchestration/cache/cache.options.js';
import { type StreamingOptions } from './streaming.options.js';
import { faultsOf } from './subscribers/subscriber.options.check.js';

/** Options that are plain numbers. */
export type NumericOption = { [K in keyof StreamingOptions]-?: StreamingOptions[K] extends number ? K : never }[keyof StreamingOptions];

const DAY_MS = 24 * 60 * 60 * 1000;
const MANY = 1_000_000;

/** Whole numbers, from and to; one for each option that is a number, or it does not compile. */
export const OPTION_BOUNDS: Readonly<Record<NumericOption, readonly [min: number, max: number]>> = {
  heartbeatMs: [10, DAY_MS],
  stalledReaderMs: [10, DAY_MS],
  // A lost right ends streams within a minute (P15).
  rightsCheckMs: [10, 30_000],
  retentionMs: [1000, 3650 * DAY_MS],
  maxStreamsPerUser: [1, MANY],
  maxStreams: [1, MANY],
  maxExecutionsPerUser: [1, MANY],
  maxQueuedPerUser: [0, MANY],
  maxExecutions: [1, MANY],
  maxQueued: [0, MANY],
  maxOutputBytes: [1024, 64 * 1024 * 1024],
  maxEventsPerExecution: [100, 10 * MANY],
};

/** Answers the options as they are. @throws StepcastError `invalid_input` with every fault. */
export function validOptions(options: StreamingOptions): StreamingOptions {
  const faults: { path: string; message: string }[] = [];
  const check = (name: keyof StreamingOptions, fault: string | undefined) => {
    if (fault !== undefined) faults.push({ path: `/${name}`, message: fault });
  };
  for (const name of Object.keys(OPTION_BOUNDS) as NumericOption[]) {
    const [min, max] = OPTION_BOUNDS[name];
    const value: unknown = options[name];
    const isWithin = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    check(name, isWithin ? undefined : `must be a whole number from ${min} to ${max}, but is ${String(value)}`);
  }
  check('rateLimit', rateLimitFault(options.rateLimit));
  if (options.startLimit !== undefined) check('startLimit', rateLimitFault(options.startLimit));
  check('webSocketOrigins', options.webSocketOrigins.every((origin) => URL.parse(origin)?.origin === origin) ? undefined : 'must be origins such as https://app.example.com');
  check('subscribers', faultsOf(options.subscribers).join('; ') || undefined);
  check('cache', cacheOptionFaults(options.cache).join('; ') || undefined);
  check('slos', faultsOfSlos(options.slos).join('; ') || undefined);
  if (faults.length === 0) return options;
  throw new StepcastError('invalid_input', `the options of StreamingModule are not valid: ${faults.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')}`, { faults });
}
