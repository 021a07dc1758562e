import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, type EngineOptions, Gates, only, outline, turns } from '../../test/support/engine.js';
import { type Step, type WorkflowDefinition } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { type ExecutionEvent } from '../contract/events.js';
import { SqliteJournal } from '../journal/sqlite/sqlite-journal.js';
import { agent, parallel, sequential } from './definition/builder.js';
import { unavailable } from '../journal/sqlite/sqlite.writer.js';

const gate = (name: string): Step => ({ type: 'agent', name, agent: 'gate' });
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', ({ code }: StepcastError) => code);

describe('the execution service', () => {
  const opened: Engine[] = [];
  let gates = new Gates();
  const open = async (options: EngineOptions = {}) => {
    gates = new Gates();
    const engine = new Engine({ ...options, agents: { gate: gates.agent, ...options.agents } });
    opened.push(engine);
    return engine.open();
  };
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    for (const engine of opened.splice(0)) await engine.close();
  });

  describe('start', () => {
    it('answers when the execution is in the journal; it runs by itself', async () => {
      const engine = await open();
      const { record, created } = await engine.executions.start({ name: 'w', steps: [gate('a')] }, { n: 1 }, { user: 'ann', sessionId: 's' });
      expect(created).toBe(true);
      expect(await engine.executions.get(record.id)).toMatchObject({ id: record.id, user: 'ann', workflow: 'w', sessionId: 's' });
      await gates.open('a#1');
      const log = await engine.ended(record.id);
      expect(log[0]).toMatchObject({ type: 'workflow_started', sessionId: 's', data: { input: { n: 1 } } });
      expect(log.at(-1)?.type).toBe('workflow_completed');
    });

    it('refuses a definition that cannot run, an unknown name and an input against the schema, and keeps nothing of them', async () => {
      const engine = await open();
      const { executions } = engine;
      expect(await codeOf(executions.start({ name: 'w', steps: [] }, null))).toBe('invalid_definition');
      expect(await codeOf(executions.start('nobody', null))).toBe('not_found');
      const definition: WorkflowDefinition = { name: 'w', inputSchema: { type: 'object', required: ['topic'] }, steps: [gate('a')] };
      await expect(executions.start(definition, {})).rejects.toMatchObject({ code: 'invalid_input', faults: [{ path: '/input/topic', message: 'is missing' }] });
      await expect(executions.start(definition, { topic: 1n })).rejects.toMatchObject({ code: 'invalid_input', faults: [{ path: '/input/topic' }] });
      expect(await engine.journal.list({ limit: 10 })).toEqual([]);
    });

    it('is refused where an agent finds that a step could never run, wherever it is in the tree', async () => {
      const engine = await open();
      const seen: unknown[] = [];
      engine.agents.register({
        name: 'picky',
        handler: {
          execute: () => 'fine',
          check: ({ name, input }) => {
            seen.push([name, input]);
            if (input === 'bad') throw new StepcastError('model_not_configured', 'set OPENAI_API_KEY');
          },
        },
      });
      const tree = (input: string): Step => sequential('s', parallel('p', agent('a', 'picky', { input: 'good' }), agent('b', 'picky', { input })));
      await expect(engine.executions.start({ name: 'w', steps: [tree('bad')] }, null)).rejects.toMatchObject({
        code: 'model_not_configured', status: 400, faults: [{ path: '/workflow/steps/0/steps/0/steps/1', message: 'set OPENAI_API_KEY' }],
      });
      expect(await engine.journal.list({ limit: 10 })).toEqual([]);
      expect((await engine.run(tree('fine'))).at(-1)?.type).toBe('workflow_completed');
      expect(seen).toEqual([['a', 'good'], ['b', 'bad'], ['a', 'good'], ['b', 'fine']]);
    });

    it('tells the plan of its workflow first, and goes on without one that cannot be made', async () => {
      const engine = await open();
      const plan = { stages: [{ step: 'a', stage: 'design', persona: 'Architect', estimatedMs: 10 }], estimatedMs: 10 };
      const steps = [agent('a', 'echo')];
      engine.registry.register({ name: 'planned', steps }, () => [], (input) => (input === 'long' ? { ...plan, estimatedMs: 99 } : plan));
      engine.registry.register({ name: 'unplanned', steps }, () => [], () => { throw new Error('no idea'); });
      const startedOf = async (name: string, input: string) => {
        const { record } = await engine.executions.start(name, input);
        const [first, , , last] = await engine.ended(record.id);
        expect([first?.type, last?.type]).toEqual(['workflow_started', 'workflow_completed']);
        return first?.data;
      };
      expect(await startedOf('planned', 'short')).toEqual({ input: 'short', plan });
      expect(await startedOf('planned', 'long')).toEqual({ input: 'long', plan: { ...plan, estimatedMs: 99 } });
      expect(await startedOf('unplanned', 'x')).toEqual({ input: 'x' });
    });

    it('with an idempotency key gives the same execution again, and refuses another request with it', async () => {
      const { executions } = await open();
      const definition: WorkflowDefinition = { name: 'w', steps: [gate('a')] };
      const first = await executions.start(definition, { a: 1, b: 2 }, { idempotencyKey: 'k', user: 'ann' });
      const again = await executions.start(structuredClone(definition), { b: 2, a: 1 }, { idempotencyKey: 'k', user: 'ann' });
      expect([again.created, again.record.id]).toEqual([false, first.record.id]);
      expect(await codeOf(executions.start(definition, { a: 2 }, { idempotencyKey: 'k', user: 'ann' }))).toBe('idempotency_conflict');
      expect(await codeOf(executions.start(definition, { a: 1, b: 2 }, { idempotencyKey: 'k', user: 'ann', sessionId: 's' }))).toBe('idempotency_conflict');
      expect((await executions.start(definition, { a: 2 }, { idempotencyKey: 'k', user: 'bob' })).created).toBe(true);
      await turns();
      expect(gates.arrived).toHaveLength(2);
    });

    it('gives its place back where the journal refuses it', async () => {
      const engine = await open({ maxExecutionsPerUser: 1, maxQueuedPerUser: 0 });
      jest.spyOn(engine.journal, 'create').mockRejectedValueOnce(unavailable());
      expect(await codeOf(engine.start(gate('a')))).toBe('journal_unavailable');
      await engine.start(gate('b'));
      expect(await codeOf(engine.start(gate('c')))).toBe('too_many_executions');
    });

    it('queues above the bound, in order, and starts the next when one has ended', async () => {
      const engine = await open({ maxExecutionsPerUser: 1, maxQueuedPerUser: 2 });
      const ids = [await engine.start(gate('a')), await engine.start(gate('b')), await engine.start(gate('c'))];
      expect(await codeOf(engine.start(gate('d')))).toBe('too_many_executions');
      await turns();
      expect(gates.arrived).toEqual(['a#1']);
      expect((await engine.status(ids[1] as string)).status).toBe('queued');
      for (const name of ['a', 'b', 'c']) await gates.open(`${name}#1`);
      for (const id of ids) await engine.ended(id);
      expect(gates.arrived).toEqual(['a#1', 'b#1', 'c#1']);
    });

    it('tells where those that wait stand among their user\'s own, as it changes', async () => {
      const engine = await open({ maxExecutionsPerUser: 1 });
      const ids: string[] = [];
      for (const name of ['a', 'b', 'c', 'd']) ids.push(await engine.start(gate(name), null, { user: 'ann' }));
      const bobs = [await engine.start(gate('e'), null, { user: 'bob' }), await engine.start(gate('f'), null, { user: 'bob' })];
      const places = async () => Promise.all(ids.map(async (id) => (await engine.status(id)).queuePosition));
      expect(await places()).toEqual([null, 1, 2, 3]);
      expect(engine.executions.queuePositions([...ids, ...bobs, 'nobody'])).toEqual(new Map([[ids[1], 1], [ids[2], 2], [ids[3], 3], [bobs[1], 1]]));
      expect(engine.executions.quotaOf('ann')).toEqual({ limit: 1001, remaining: 997 });
      await engine.executions.cancel(ids[1] as string);
      expect(await places()).toEqual([null, null, 1, 2]);
      await gates.open('a#1');
      await gates.came('c#1');
      expect(await places()).toEqual([null, null, null, 1]);
    });

    it('runs no more of all users than its bound, lets them take turns, and refuses above a second bound', async () => {
      const engine = await open({ maxExecutions: 1, maxQueued: 4 });
      const ids: string[] = [];
      for (const [user, name] of [['ann', 'a1'], ['ann', 'a2'], ['ann', 'a3'], ['bob', 'b1'], ['bob', 'b2']] as const) ids.push(await engine.start(gate(name), null, { user }));
      await expect(engine.start(gate('c1'), null, { user: 'carl' })).rejects.toMatchObject({ code: 'capacity_exceeded', status: 503, options: { retryAfterSeconds: 5 } });
      for (const name of ['a1', 'a2', 'b1', 'a3', 'b2']) await gates.open(`${name}#1`);
      for (const id of ids) await engine.ended(id);
      expect(gates.arrived).toEqual(['a1#1', 'a2#1', 'b1#1', 'a3#1', 'b2#1']);
    });

    it('keeps nothing of executions that have ended, however they did', async () => {
      const engine = await open({ agents: { broken: () => { throw new Error('no'); } } });
      await engine.run(sequential('s', agent('echo')));
      await engine.run({ type: 'agent', name: 'b', agent: 'broken' });
      const id = await engine.start(gate('a'));
      await engine.executions.cancel(id);
      await turns();
      const kept = engine.scheduler as unknown as Record<'runners' | 'queued' | 'resuming', Map<string, unknown>> & { admission: { shares: Map<string, unknown> } };
      expect([kept.runners.size, kept.queued.size, kept.resuming.size, kept.admission.shares.size]).toEqual([0, 0, 0, 0]);
    });
  });

  describe('cancel', () => {
    it('answers when workflow_cancelled is committed, and as often as it is asked', async () => {
      const engine = await open();
      const id = await engine.start(gate('a'));
      const asked = [engine.executions.cancel(id, 'enough'), engine.executions.cancel(id, 'again')];
      await Promise.all(asked);
      const log = await engine.log(id);
      expect(only(log, 'workflow_cancelled').data).toEqual({ reason: 'enough' });
      await engine.executions.cancel(id);
      expect(await engine.log(id)).toEqual(log);
    });

    it('is refused once it has ended otherwise, and of what does not exist', async () => {
      const engine = await open();
      const id = await engine.start({ type: 'agent', name: 'a', agent: 'echo' });
      await engine.ended(id);
      await expect(engine.executions.cancel(id)).rejects.toMatchObject({ code: 'already_finished', message: `execution ${id} has completed already` });
      expect(await codeOf(engine.executions.cancel('nobody'))).toBe('not_found');
    });

    it('that comes with the last result is refused, or cancels, but never both', async () => {
      const engine = await open();
      for (let i = 0; i < 20; i++) {
        const id = await engine.start(gate('a'));
        await gates.came('a#1');
        void gates.open('a#1');
        await turns(i % 4);
        const outcome = await codeOf(engine.executions.cancel(id));
        const ended = (await engine.log(id)).at(-1)?.type;
        expect([outcome, ended]).toEqual(outcome === 'none' ? ['none', 'workflow_cancelled'] : ['already_finished', 'workflow_completed']);
        gates = new Gates();
        engine.agents.get('gate')!.handler.execute = gates.agent as never;
      }
    });

    it('of one that is queued starts none of its steps, and leaves its place in the queue', async () => {
      const engine = await open({ maxExecutionsPerUser: 1 });
      const [first, second, third] = [await engine.start(gate('a')), await engine.start(gate('b')), await engine.start(gate('c'))];
      await engine.executions.cancel(second, 'not any more');
      expect(outline(await engine.log(second))).toEqual(['workflow_started', 'workflow_cancelled']);
      expect(await engine.status(second)).toMatchObject({ status: 'cancelled', steps: {} });
      await gates.open('a#1');
      await gates.open('c#1');
      for (const id of [first, third]) expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
      expect(gates.arrived).toEqual(['a#1', 'c#1']);
    });
  });

  describe('status', () => {
    it('tells what is committed: where events wait for their commit, it waits with them', async () => {
      const engine = await open();
      const id = await engine.start(gate('a'));
      void gates.open('a#1', 'out');
      const log = engine.ended(id);
      for (let state = await engine.status(id); state.status !== 'completed'; state = await engine.status(id)) {
        expect(state.lastSeq).toBe((await engine.executions.get(id)).lastSeq);
        await turns(1);
      }
      expect((await log).at(-1)?.type).toBe('workflow_completed');
    });

    it('is the same while it runs as when it is read from the log', async () => {
      const engine = await open();
      const id = await engine.start([{ type: 'agent', name: 'x', agent: 'echo', input: { n: 1 } }, gate('a')]);
      await gates.came('a#1');
      await turns();
      const live = await engine.status(id);
      const reader = new Engine({ journal: engine.journal });
      expect(await reader.status(id)).toEqual(live);
      expect(live).toMatchObject({ status: 'running', activeSteps: ['a'] });
    });

    it('is read from the log where the journal fails, as far as that goes', async () => {
      const engine = await open();
      const id = await engine.start(gate('a'));
      await gates.came('a#1');
      await turns();
      jest.spyOn(engine.journal, 'isPending').mockReturnValue(true);
      jest.spyOn(engine.journal, 'flushed').mockRejectedValue(unavailable());
      expect(await engine.status(id)).toMatchObject({ status: 'running', lastSeq: 2 });
    });

    it('of what does not exist is refused', async () => {
      const engine = await open();
      expect(await codeOf(engine.status('nobody'))).toBe('not_found');
      expect(await codeOf(engine.executions.answer('nobody', undefined, 1))).toBe('not_found');
    });
  });

  describe('a handle', () => {
    it('gives all events from the first, to each who subscribes, whenever that is, and the result', async () => {
      const engine = await open();
      const run = await engine.executions.executeStreaming(() => sequential('greet', agent('hello', async (ctx) => { ctx.text('hi'); return ctx.input; })), new Date(0));
      const read = () => new Promise<ExecutionEvent[]>((resolve) => {
        const events: ExecutionEvent[] = [];
        run.events$.subscribe({ next: (event) => events.push(event), complete: () => resolve(events) });
      });
      const [one, other] = await Promise.all([read(), read()]);
      expect(outline(one)).toEqual(['workflow_started', 'step_started hello', 'step_output hello', 'step_completed hello', 'workflow_completed']);
      expect(other).toEqual(one);
      expect(await read()).toEqual(one);
      expect(await run.result()).toBe('1970-01-01T00:00:00.000Z');
      expect(one[0]).toMatchObject({ workflow: 'greet' });
    });

    it('takes a definition, a name and an asynchronous builder as well', async () => {
      const engine = await open();
      engine.registry.register({ name: 'known', steps: [agent('echo')] }, () => []);
      const sources = ['known', { name: 'w', steps: [agent('echo')] }, agent('echo'), async () => ({ name: 'w', steps: [agent('echo')] })];
      for (const source of sources) expect(await (await engine.executions.executeStreaming(source, 'in')).result()).toBe('in');
    });

    it('rejects its result with the code of the failure, and with conflict where it was cancelled', async () => {
      const engine = await open({ agents: { broken: () => { throw new Error('no'); } } });
      const failed = await engine.executions.executeStreaming(agent('broken'));
      await expect(failed.result()).rejects.toMatchObject({ code: 'agent_failed', message: 'no' });
      const run = await engine.executions.executeStreaming(agent('gate'));
      await run.cancel('enough');
      await expect(run.result()).rejects.toMatchObject({ code: 'conflict', message: `execution ${run.id} was cancelled` });
    });

    it('of what does not exist errors', async () => {
      const engine = await open();
      expect(await codeOf(engine.executions.handle('nobody').result())).toBe('not_found');
    });

    it('streams nothing after the end', async () => {
      const engine = await open();
      const id = await engine.start(agent('echo'));
      const { length } = await engine.ended(id);
      const after = await new Promise<ExecutionEvent[]>((resolve) => {
        const events: ExecutionEvent[] = [];
        engine.executions.stream(id, length).subscribe({ next: (event) => events.push(event), complete: () => resolve(events) });
      });
      expect(after).toEqual([]);
    });
  });

  describe('at shutdown', () => {
    it('leaves what runs to the next start, saved; refuses new starts', async () => {
      const engine = await open();
      const id = await engine.start([agent('echo'), gate('a')]);
      await gates.came('a#1');
      await turns();
      expect(await engine.scheduler.suspendAll()).toEqual([id]);
      const log = await engine.log(id);
      expect(only(log, 'checkpoint_saved').data).toEqual({ completedSteps: ['echo'] });
      expect(log.at(-1)?.type).toBe('checkpoint_saved');
      expect(await codeOf(engine.start(gate('b')))).toBe('shutting_down');
      expect(await engine.status(id)).toMatchObject({ status: 'running', activeSteps: ['a'] });
    });

    it('tells of what has not ended that it goes on later: to a cancel, to an answer, and to who waits for the result', async () => {
      const engine = await open();
      const id = await engine.start(gate('a'));
      const result = codeOf(engine.executions.result(id));
      await gates.came('a#1');
      await engine.scheduler.suspendAll();
      expect(await codeOf(engine.executions.cancel(id))).toBe('shutting_down');
      expect(await codeOf(engine.executions.answer(id, undefined, 1))).toBe('shutting_down');
      // With the journal still open: an app closes its connections before, and would wait for who follows over one.
      expect(await Promise.race([result, turns(50).then(() => 'hangs')])).toBe('shutting_down');
    });

    it('leaves no timer behind that would keep the process', async () => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
      const engine = await open();
      const timers = jest.getTimerCount();
      await engine.start({ name: 'w', timeoutMs: 60_000, steps: [{ ...gate('a'), timeoutMs: 30_000 }] });
      await gates.came('a#1');
      expect(jest.getTimerCount()).toBe(timers + 2);
      await engine.scheduler.suspendAll();
      expect(jest.getTimerCount()).toBe(timers);
    });

    it('leaves what is queued in the queue; a cancel of it is told so at once', async () => {
      const engine = await open({ maxExecutionsPerUser: 1 });
      const [, second, third] = [await engine.start(gate('a')), await engine.start(gate('b')), await engine.start(gate('c'))];
      await gates.came('a#1');
      await engine.scheduler.suspendAll();
      await turns();
      for (const id of [second, third]) {
        expect(await engine.log(id)).toEqual([]);
        const answered = Promise.race([codeOf(engine.executions.cancel(id)), turns(50).then(() => 'hangs')]);
        expect(await answered).toBe('shutting_down');
        expect(await engine.log(id)).toEqual([]);
      }
    });

    it('leaves one that was being started in the queue', async () => {
      const engine = await open();
      const starting = engine.start(gate('a'));
      const suspended = engine.scheduler.suspendAll();
      const id = await starting;
      await suspended;
      await turns();
      expect(await engine.log(id)).toEqual([]);
      expect(await engine.executions.get(id)).toMatchObject({ status: 'queued', lastSeq: 0 });
      expect(gates.arrived).toEqual([]);
    });

    it('does not wait for a journal that fails', async () => {
      const engine = await open();
      const id = await engine.start(gate('a'));
      await gates.came('a#1');
      jest.spyOn(engine.journal, 'flushed').mockRejectedValue(unavailable());
      expect(await engine.scheduler.suspendAll()).toEqual([id]);
    });
  });

  it('stops what it runs when another process has taken it over: nothing of it is told any more', async () => {
    const engine = await open();
    const id = await engine.start([gate('a'), agent('echo')]);
    const { signal } = await gates.came('a#1');
    await turns();
    await engine.journal.claim(id, { countResume: false });
    const before = await engine.log(id);
    await gates.open('a#1');
    await turns();
    expect(await engine.log(id)).toEqual(before);
    expect(engine.scheduler.runnerOf(id)).toBeUndefined();
    expect(signal.aborted).toBe(false);
  });

  describe('while the journal cannot be written', () => {
    const failing = async (engine: Engine) => {
      const { writer } = engine.journal as unknown as { writer: { fail(error: unknown): void; flush(): void } };
      const flush = jest.spyOn(writer, 'flush').mockImplementation(() => undefined);
      writer.fail(Object.assign(new Error('database or disk is full'), { errcode: 13 }));
      return () => {
        flush.mockRestore();
        writer.flush();
      };
    };

    it('a cancel is refused, and so is an answer, but both hold: they are told as soon as it can be', async () => {
      const engine = await open();
      const [cancelled, answered] = [await engine.start(gate('a')), await engine.start({ type: 'input', name: 'ask' })];
      const { signal } = await gates.came('a#1');
      await engine.told(answered, 'input_required');
      const repair = await failing(engine);
      const outcome = (work: Promise<unknown>) => Promise.race([codeOf(work), turns(50).then(() => 'hangs')]);
      expect(await outcome(engine.executions.cancel(cancelled))).toBe('journal_unavailable');
      expect(signal.aborted).toBe(true);
      expect(await outcome(engine.executions.answer(answered, 'ask', 1))).toBe('journal_unavailable');
      repair();
      expect((await engine.ended(cancelled)).at(-1)?.type).toBe('workflow_cancelled');
      expect((await engine.ended(answered)).at(-1)?.type).toBe('workflow_completed');
      await engine.executions.cancel(cancelled);
    });

    it('one that has come to its end has not ended: it is told when that is committed', async () => {
      const engine = await open({ maxExecutionsPerUser: 1 });
      const [first, second] = [await engine.start(gate('a')), await engine.start(gate('b'))];
      await gates.came('a#1');
      const repair = await failing(engine);
      await gates.open('a#1');
      await turns();
      expect(engine.scheduler.runnerOf(first)).toBeDefined();
      expect(gates.arrived).toEqual(['a#1']);
      repair();
      expect((await engine.ended(first)).at(-1)?.type).toBe('workflow_completed');
      await gates.open('b#1');
      expect((await engine.ended(second)).at(-1)?.type).toBe('workflow_completed');
    });
  });

  it('holds all back while the journal cannot be written, and goes on without a gap', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    const engine = await open({ journal });
    const id = await engine.start([gate('a'), agent('echo'), gate('b')]);
    await gates.came('a#1');
    const writer = (journal as unknown as { writer: { fail(error: unknown): void } }).writer;
    writer.fail(Object.assign(new Error('disk full'), { errcode: 13 }));
    await gates.open('a#1', 'x');
    await gates.open('b#1', 'y');
    const log = await engine.ended(id);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    expect(only(log, 'workflow_completed').data.result).toBe('y');
  });
});
