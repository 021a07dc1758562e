import { type Command } from 'commander';
import { type Io } from '../io.js';
import { colorOf } from '../output/choose.output.js';
import { clientOf, type ConnectionOptions } from '../settings.js';
import { jsonLine, safeLine } from '../terminal.text.js';
import { withConnection } from './shared.options.js';
import { tableOf } from './table.js';

export function addWorkflows(program: Command, io: Io): void {
  withConnection(program.command('workflows').description('list what can be run'))
    .option('--json', 'each as a line of JSON (NDJSON), with its input schema')
    .action(async (options: ConnectionOptions & { json?: boolean }) => {
      const workflows = await clientOf(options, io).workflows();
      if (options.json) return void io.stdout.write(workflows.map(jsonLine).join(''));
      const rows = workflows.map(({ name, description, inputSchema }) => [safeLine(name), inputOf(inputSchema), safeLine(description ?? '')]);
      io.stdout.write(rows.length ? tableOf(['NAME', 'INPUT', 'DESCRIPTION'], rows, colorOf(io)) : 'no workflows\n');
    });
}

/** The fields of an input, those that may be left out with a question mark. */
function inputOf(schema: unknown): string {
  const { properties, required = [] } = Object(schema) as { properties?: object; required?: string[] };
  return Object.keys(properties ?? {}).map((name) => safeLine(required.includes(name) ? name : `${name}?`)).join(', ') || 'any';
}
