import { type Command } from 'commander';
import { type ExitCode, UsageError } from '../exit.codes.js';
import { ExecutionFollower } from '../follow.execution.js';
import { type Io } from '../io.js';
import { outputOf } from '../output/choose.output.js';
import { assertWritable } from '../output/result.file.js';
import { clientOf } from '../settings.js';
import { hinted } from '../start.refused.js';
import { readDefinition, readInput } from '../workflow.input.js';
import { type ShownOptions, withOutput } from './shared.options.js';

interface RunOptions extends ShownOptions {
  input?: string;
  file?: string;
  session?: string;
  idempotencyKey?: string;
  detach?: boolean;
}

export function addRun(program: Command, io: Io, end: (code: ExitCode) => void): void {
  withOutput(program.command('run').argument('[workflow]', 'name of a workflow of the service').description('start a workflow, and follow it'))
    .option('-i, --input <json>', 'its input: JSON, @file, or - for standard input')
    .option('-f, --file <definition>', 'a definition to run, as a file of JSON, without storing it')
    .option('--session <id>', 'joins executions that belong together')
    .option('--idempotency-key <key>', 'the same key and input give the same execution')
    .option('-d, --detach', 'only start it, and print its id')
    .action(async (name: string | undefined, options: RunOptions) => {
      const { file, session, idempotencyKey } = options;
      if ((name === undefined) === (file === undefined)) throw new UsageError('name a workflow, or give a definition with --file');
      const workflow = file === undefined ? (name as string) : readDefinition(file);
      const input = await readInput(options.input, io);
      // Before the work is done whose result could not be kept.
      if (options.output !== undefined) assertWritable(options.output);
      const client = clientOf(options, io);
      const { id } = await client.start(workflow, input, { ...(session === undefined ? {} : { sessionId: session }), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
        .catch(async (error: unknown) => {
          throw await hinted(error, workflow, client);
        });
      if (options.detach) return void io.stdout.write(`${id}\n`);
      if (!options.json && !options.quiet) io.stderr.write(`stepcast: execution ${id}\n`);
      end(await new ExecutionFollower(client, id, outputOf(options, io), io, options).run());
    });
}

export function addWatch(program: Command, io: Io, end: (code: ExitCode) => void): void {
  withOutput(program.command('watch').argument('<id>', 'of an execution').description('follow an execution from its beginning'))
    .action(async (id: string, options: ShownOptions) => {
      end(await new ExecutionFollower(clientOf(options, io), id, outputOf(options, io), io, options).run());
    });
}
