/** The commands of `stepcast`. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAnswer, addCancel, addList, addStatus } from './commands/executions.command.js';
import { addReplay } from './commands/replay.command.js';
import { addRun, addWatch } from './commands/run.command.js';
import { addServe } from './commands/serve.command.js';
import { addWorkflows } from './commands/workflows.command.js';
import { EXIT, type ExitCode } from './exit.codes.js';
import { type Io } from './io.js';

const PACKAGE = new URL('../../package.json', import.meta.url);

/** @param end Takes the exit code of what was shown. */
export function createProgram(io: Io, end: (code: ExitCode) => void): Command {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const program = new Command('stepcast')
    .description('Run AI workflows and watch every step of them')
    .version(version)
    .showHelpAfterError('(stepcast --help tells more)')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride();
  addRun(program, io, end);
  addWatch(program, io, end);
  addReplay(program, io, end);
  addList(program, io);
  addStatus(program, io);
  addCancel(program, io);
  addAnswer(program, io);
  addWorkflows(program, io);
  addServe(program);
  const codes = `${EXIT.completed} completed, ${EXIT.failed} failed, ${EXIT.usage} wrong usage, ${EXIT.cancelled} cancelled, ${EXIT.refused} refused, ${EXIT.unreachable} unreachable, ${EXIT.left} left while it runs`;
  program.addHelpText('after', `\nEnvironment:\n  STEPCAST_URL      where the service is; default http://127.0.0.1:3000\n  STEPCAST_API_KEY  who asks: an API key or a bearer token (JWT)\n\nExit codes: ${codes}`);
  return program;
}
