import { Chalk, type ChalkInstance } from 'chalk';
import { type Io, isLive } from '../io.js';
import { JsonOutput } from './json.output.js';
import { LiveOutput } from './live.output.js';
import { type Output } from './output.js';
import { PlainOutput } from './plain.output.js';
import { QuietOutput } from './quiet.output.js';

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
  plain?: boolean;
}

/** `NO_COLOR` (https://no-color.org) and `FORCE_COLOR`, then whether it is a terminal. */
export function colorOf({ stdout, env }: Io): ChalkInstance {
  if (env['FORCE_COLOR']) return new Chalk({ level: 1 });
  const isColoured = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return new Chalk({ level: isColoured ? 1 : 0 });
}

/** @param now What the time is for the view; default the real one. */
export function outputOf({ json, quiet, plain }: OutputOptions, io: Io, now?: () => number): Output {
  if (json) return new JsonOutput(io);
  if (quiet) return new QuietOutput(io);
  return isLive(io) && !plain ? new LiveOutput(io, colorOf(io), now) : new PlainOutput(io, colorOf(io));
}
