import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type StepcastClient } from '../../client/stepcast.client.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { applyEvent, initialState } from '../../contract/state.js';
import { codeOfStatus, EXIT, type ExitCode } from '../exit.codes.js';
import { type Io } from '../io.js';
import { outputOf, type OutputOptions } from '../output/choose.output.js';
import { clientOf, type ConnectionOptions } from '../settings.js';
import { withConnection } from './shared.options.js';

/** Longer waits than that, between two events, are cut short: nobody waits for a person to answer anew. */
const MAX_GAP_MS = 3000;
const PAGE = 1000;

export function addReplay(program: Command, io: Io, end: (code: ExitCode) => void): void {
  withConnection(program.command('replay').argument('<id>', 'of an execution').description('show again what has happened so far, as it happened'))
    .option('--speed <factor>', 'times as fast as it was; 0 is at once', factor, 1)
    .option('--json', 'each event as a line of JSON (NDJSON)')
    .option('--plain', 'lines, where a live view could be shown')
    .action(async (id: string, options: ConnectionOptions & OutputOptions & { speed: number }) => {
      end(await replay(clientOf(options, io), id, options, io));
    });
}

async function replay(client: StepcastClient, id: string, options: OutputOptions & { speed: number }, io: Io): Promise<ExitCode> {
  const { speed } = options;
  const left = new AbortController();
  const leave = () => left.abort();
  process.once('SIGINT', leave);
  /** What the time was then. */
  let then = 0;
  const shown = outputOf(options, io, () => then);
  const state = initialState({ id, workflow: '', createdAt: '' });
  try {
    for await (const event of eventsOf(client, id, left.signal)) {
      const at = Date.parse(event.timestamp);
      const gapMs = then === 0 || speed === 0 ? 0 : Math.min(MAX_GAP_MS, (at - then) / speed);
      if (gapMs > 0) await sleep(gapMs, undefined, { signal: left.signal });
      left.signal.throwIfAborted();
      then = at;
      state.workflow = event.workflow;
      applyEvent(state, event);
      shown.event(event, state);
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
    return EXIT.left;
  } finally {
    process.off('SIGINT', leave);
    shown.close(left.signal.aborted ? undefined : state);
  }
  return state.finishedAt === null ? EXIT.completed : codeOfStatus(state.status);
}

async function* eventsOf(client: StepcastClient, id: string, signal: AbortSignal): AsyncGenerator<ExecutionEvent> {
  for (let after = 0; ;) {
    const { events, lastSeq } = await client.events(id, { after, limit: PAGE, signal });
    yield* events;
    after = events.at(-1)?.seq ?? lastSeq;
    if (after >= lastSeq) return;
  }
}

function factor(given: string): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('it must be a number from 0 on');
  return value;
}
