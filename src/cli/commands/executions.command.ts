/** Looks at executions, and what acts on them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ExecutionSummary } from '../../contract/api.js';
import { type ListOptions as ListFilter, type StepcastClient } from '../../client/stepcast.client.js';
import { EXECUTION_STATUSES, type ExecutionState, type ExecutionStatus, type StepState } from '../../contract/state.js';
import { isComposite } from '../../contract/definition.js';
import { type Io } from '../io.js';
import { colorOf } from '../output/choose.output.js';
import { clientOf, type ConnectionOptions } from '../settings.js';
import { jsonLine, safeLine, safeText, valueText } from '../terminal.text.js';
import { age, duration, percent, usageText } from '../view/format.js';
import { readAnswer } from '../workflow.input.js';
import { withConnection } from './shared.options.js';
import { tableOf } from './table.js';

/** The most that the service gives at once. */
const PAGE = 200;

interface ListOptions extends ConnectionOptions {
  status?: ExecutionStatus;
  workflow?: string;
  session?: string;
  limit: number;
  json?: boolean;
}

export function addList(program: Command, io: Io): void {
  withConnection(program.command('list').description('list executions, newest first'))
    .addOption(new Option('--status <status>', 'only those that stand so').choices(EXECUTION_STATUSES))
    .option('--workflow <name>', 'only those of the workflow')
    .option('--session <id>', 'only those of the session')
    .option('-n, --limit <count>', 'how many at most', count, 20)
    .option('--json', 'each as a line of JSON (NDJSON)')
    .action(async (options: ListOptions) => {
      const { status, workflow, session, limit, json } = options;
      const filter = { ...(status === undefined ? {} : { status }), ...(workflow === undefined ? {} : { workflow }), ...(session === undefined ? {} : { sessionId: session }), limit };
      const { executions, isAll } = await listed(clientOf(options, io), filter);
      if (json) return void io.stdout.write(executions.map(jsonLine).join(''));
      const rows = executions.map(({ id, workflow: name, status: now, progress, createdAt }) => [id, safeLine(name), now, percent(progress), age(io.now() - Date.parse(createdAt))]);
      io.stdout.write(rows.length ? tableOf(['ID', 'WORKFLOW', 'STATUS', 'DONE', 'STARTED'], rows, colorOf(io)) : 'no executions\n');
      if (!isAll) io.stderr.write('stepcast: there are more; --limit says how many to show\n');
    });
}

/** As many as asked for, page by page. */
async function listed(client: StepcastClient, { limit, ...filter }: ListFilter & { limit: number }): Promise<{ executions: ExecutionSummary[]; isAll: boolean }> {
  const executions: ExecutionSummary[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.list({ ...filter, limit: Math.min(PAGE, limit - executions.length), ...(cursor === undefined ? {} : { cursor }) });
    executions.push(...page.executions);
    if (page.nextCursor === null || executions.length >= limit) return { executions, isAll: page.nextCursor === null };
    cursor = page.nextCursor;
  }
}

export function addStatus(program: Command, io: Io): void {
  withConnection(program.command('status').argument('<id>', 'of an execution').description('show how an execution stands'))
    .option('--json', 'as JSON')
    .action(async (id: string, options: ConnectionOptions & { json?: boolean }) => {
      const state = await clientOf(options, io).status(id);
      io.stdout.write(options.json ? jsonLine(state) : statusText(state, io));
    });
}

export function addCancel(program: Command, io: Io): void {
  withConnection(program.command('cancel').argument('<id>', 'of an execution').description('cancel an execution'))
    .option('--reason <text>', 'why, for whoever looks at it')
    .action(async (id: string, options: ConnectionOptions & { reason?: string }) => {
      const { reason } = options;
      const { status } = await clientOf(options, io).cancel(id, reason === undefined ? {} : { reason });
      io.stdout.write(`${status}\n`);
    });
}

export function addAnswer(program: Command, io: Io): void {
  withConnection(program.command('answer').argument('<id>', 'of an execution').argument('<value>', 'JSON, or a text').description('answer a step that waits for a person'))
    .option('--step <id>', 'which, where several wait')
    .action(async (id: string, value: string, options: ConnectionOptions & { step?: string }) => {
      const { step } = options;
      const { status } = await clientOf(options, io).answer(id, readAnswer(value), step === undefined ? {} : { stepId: step });
      io.stdout.write(`${status}\n`);
    });
}

function statusText(state: ExecutionState, io: Io): string {
  const color = colorOf(io);
  const { workflow, status, progress, startedAt, finishedAt, queuePosition } = state;
  const took = startedAt === null ? '' : `  ${duration(Date.parse(finishedAt ?? new Date(io.now()).toISOString()) - Date.parse(startedAt))}`;
  const usage = usageText(state.usage);
  const lines = [`${color.bold(safeLine(workflow))}  ${status}${queuePosition === null ? '' : ` at ${queuePosition}`}  ${percent(progress)}${took}${usage ? `  ${usage}` : ''}`];
  const leaves = Object.values(state.steps).filter(({ type }) => !isComposite(type));
  const steps = leaves.map(({ id, status: now, attempt, durationMs }: StepState) => [
    safeLine(id), now, attempt > 1 ? `attempt ${attempt}` : '', durationMs === undefined ? '' : duration(durationMs),
  ]);
  if (steps.length) lines.push('', tableOf(['STEP', 'STATUS', '', 'TOOK'], steps, color).trimEnd());
  const questions = leaves.filter((step) => step.status === 'waiting').map(({ id, prompt }) => color.magenta(`? ${safeLine(id)} waits for an answer${prompt ? `: ${safeLine(prompt)}` : ''}`));
  if (questions.length) lines.push('', ...questions);
  if (state.error) lines.push('', color.red(`${state.error.code}: ${safeLine(state.error.message)}`));
  if (status === 'completed') lines.push('', safeText(valueText(state.result, 2)));
  return `${lines.join('\n')}\n`;
}

function count(given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number from 1 on');
  return value;
}
