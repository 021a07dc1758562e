import { type Command } from 'commander';
import { type FollowOptions } from '../follow.execution.js';
import { type OutputOptions } from '../output/choose.output.js';
import { type ConnectionOptions } from '../settings.js';

export type ShownOptions = ConnectionOptions & OutputOptions & FollowOptions;

export function withConnection(command: Command): Command {
  return command
    .option('--url <url>', 'where the service is; default STEPCAST_URL, or http://127.0.0.1:3000')
    .option('--key <key>', 'an API key or a bearer token; STEPCAST_API_KEY is safer, as other users of the machine see command lines');
}

/** What shows an execution. */
export function withOutput(command: Command): Command {
  return withConnection(command)
    .option('--json', 'each event as a line of JSON (NDJSON)')
    .option('-q, --quiet', 'nothing but the result')
    .option('--plain', 'lines, where a live view could be shown')
    .option('-o, --output <file>', 'write the result to a file, too')
    .option('--cancel-on-interrupt', 'SIGTERM and, without a terminal, Ctrl-C cancel the execution');
}
