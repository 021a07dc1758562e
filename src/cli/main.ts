#!/usr/bin/env node
/** The process: arguments in, exit code out. */
import { CommanderError } from 'commander';
import { linesOfError } from './error.text.js';
import { codeOfError, EXIT, type ExitCode } from './exit.codes.js';
import { PROCESS_IO } from './io.js';
import { createProgram } from './program.js';

const { stdout, stderr } = PROCESS_IO;

// Whoever reads has seen enough, as `head` has: no reason for a stack trace.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.completed);
  stderr.write(`stepcast: standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.usage);
});

// What is said beside is for whoever listens, and nothing depends on it.
stderr.on('error', () => undefined);

const end = (code: ExitCode) => {
  process.exitCode = code;
};

try {
  await createProgram(PROCESS_IO, end).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has told what is wrong, or the help that was asked for.
    process.exitCode = error.exitCode === 0 ? EXIT.completed : EXIT.usage;
  } else {
    stderr.write(`${linesOfError(error).map((line) => `stepcast: ${line}`).join('\n')}\n`);
    end(codeOfError(error));
  }
}
