import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DelayAgent } from './agents/delay.agent.js';
import { agent, conditional, iteration, parallel, retry, sequential } from './definition/builder.js';
import { definitionOf, Engine, type EngineOptions, Gates, only, outline, type Planted, turns, upTo } from '../../test/support/engine.js';
import { type Step, type WorkflowDefinition } from '../contract/definition.js';
import { type StepcastError } from '../contract/errors.js';
import { type EventType, type ExecutionEvent } from '../contract/events.js';
import { SqliteJournal } from '../journal/sqlite/sqlite-journal.js';
import { unavailable } from '../journal/sqlite/sqlite.writer.js';

const definition = (name: string): WorkflowDefinition => ({ name, steps: [{ type: 'agent', name, agent: 'gate' }, agent('echo')] });

describe('recovery', () => {
  const opened: Engine[] = [];
  let gates: Gates;
  const engineOf = (options: EngineOptions = {}) => {
    const engine = new Engine({ agents: { gate: gates.agent }, ...options });
    opened.push(engine);
    return engine;
  };
  /** What a crash leaves of an execution whose first step was running. */
  const cutShort = async (name: string): Promise<ExecutionEvent[]> => {
    const own = new Gates();
    const former = await new Engine({ agents: { gate: own.agent } }).open();
    const id = await former.start(definition(name));
    const log = upTo(await former.told(id, 'step_started', name), 'step_started', name);
    await former.close();
    return log;
  };
  /** What a crash leaves of an execution that waited for a person. */
  const asked = async (waiting: WorkflowDefinition): Promise<ExecutionEvent[]> => {
    const former = await new Engine().open();
    const id = await former.start(waiting);
    const log = upTo(await former.told(id, 'input_required', 'ask'), 'input_required', 'ask');
    await former.close();
    return log;
  };
  const planted = async (engine: Engine, name: string, more: Partial<Planted> = {}) => engine.plant({ definition: definition(name), events: await cutShort(name), ...more });
  const resumesOf = async (engine: Engine, id: string) => (await engine.journal.find(id))?.resumes;

  beforeEach(() => void (gates = new Gates()));
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    for (const engine of opened.splice(0)) await engine.close();
  });
  const fakeTime = () => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });

  it('goes on with what is unfinished, oldest first, and with nothing else', async () => {
    const engine = engineOf();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push(await planted(engine, name));
    const done = await engine.plant({ definition: definitionOf(agent('echo')), events: [] });
    await engine.open();
    await engine.ended(done);
    for (const name of ['a', 'b', 'c']) await gates.open(`${name}#2`);
    expect(gates.arrived).toEqual(['a#2', 'b#2', 'c#2']);
    for (const id of ids) {
      const log = await engine.ended(id);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
      expect(only(log, 'workflow_resumed').data).toEqual({ reason: 'the process that ran it has ended', fromSeq: 2 });
    }
    const next = engineOf({ journal: engine.journal });
    expect(await next.journal.unfinished()).toEqual([]);
  });

  it('begins one that had not begun as if nothing had been', async () => {
    const engine = engineOf();
    const id = await engine.plant({ definition: definitionOf(agent('echo')), input: 'in' });
    await engine.open();
    expect(outline(await engine.ended(id))).toEqual(['workflow_started', 'step_started echo', 'step_completed echo', 'workflow_completed']);
    await turns();
    expect(await resumesOf(engine, id)).toBe(0);
  });

  it('counts a resume of one that had not begun and is to run, which may have ended the process before it could be written; not of one that goes on waiting', async () => {
    const engine = engineOf({ maxExecutionsPerUser: 1 });
    const [first, second] = [await engine.plant({ definition: definition('a') }), await engine.plant({ definition: definition('b') })];
    const claim = jest.spyOn(engine.journal, 'claim');
    await engine.open();
    await gates.came('a#1');
    await turns();
    expect(claim.mock.calls).toEqual([[first, { countResume: true }], [second, { countResume: false }]]);
  });

  it('tells no less progress than had been told, though by now it would be counted otherwise (P7)', async () => {
    const engine = engineOf();
    const id = await engine.plant({ definition: definition('a'), events: (await cutShort('a')).map((event) => ({ ...event, progress: 0.9 })) });
    await engine.open();
    await gates.open('a#2');
    const told = (await engine.ended(id)).map(({ progress }) => progress);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect([told[0], told.at(-1)]).toEqual([0.9, 1]);
  });

  it('holds to the bound of executions that run at once', async () => {
    const engine = engineOf({ maxExecutionsPerUser: 1 });
    const [first, second] = [await planted(engine, 'a'), await planted(engine, 'b')];
    await engine.open();
    await gates.came('a#2');
    await turns();
    expect(gates.arrived).toEqual(['a#2']);
    await gates.open('a#2');
    await gates.open('b#2');
    for (const id of [first, second]) expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
  });

  it('gives what had begun its place again before those that were waiting for one', async () => {
    const engine = engineOf({ maxExecutions: 2 });
    const waiting = await engine.plant({ definition: definition('waiting'), user: 'ann' });
    const begun = [await planted(engine, 'a', { user: 'ann' }), await planted(engine, 'b', { user: 'bob' })];
    await engine.open();
    for (const name of ['a', 'b']) await gates.came(`${name}#2`);
    await turns();
    expect(gates.arrived).toEqual(['a#2', 'b#2']);
    expect(await Promise.all([waiting, ...begun].map(async (id) => (await engine.status(id)).queuePosition))).toEqual([1, null, null]);
    expect(await resumesOf(engine, waiting)).toBe(0);
    for (const name of ['a#2', 'b#2', 'waiting#1']) await gates.open(name);
    for (const id of [waiting, ...begun]) expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
  });

  describe('ends what cannot go on', () => {
    const functions: WorkflowDefinition = { name: 'f', steps: [{ type: 'agent', name: 'f', agent: () => 1 }] };

    it.each(['ephemeral', 'code'] as const)('as its definition is gone: %s', async (source) => {
      const engine = engineOf();
      await engine.journal.open();
      const { record } = await engine.journal.create({
        id: 'e1', user: 'ann', workflow: 'f', sessionId: null, source, definition: null, fingerprint: 'x', input: null, createdAt: 1,
      });
      await engine.open();
      const log = await engine.ended(record.id);
      expect(outline(log)).toEqual(['workflow_started', 'workflow_failed']);
      expect(only(log, 'workflow_failed').data.error.code).toBe('workflow_not_found');
    });

    it('as its steps have changed', async () => {
      const engine = engineOf();
      engine.registry.register({ name: 'f', steps: [agent('echo')] }, () => []);
      await engine.journal.open();
      const { record } = await engine.journal.create({
        id: 'e1', user: 'ann', workflow: 'f', sessionId: null, source: 'code', definition: null, fingerprint: 'of former steps', input: null, createdAt: 1,
      });
      await engine.open();
      expect(only(await engine.ended(record.id), 'workflow_failed').data.error.code).toBe('workflow_changed');
    });

    it('after what it had told, with the steps that ran', async () => {
      const engine = engineOf();
      const id = await planted(engine, 'a', { resumes: 3 });
      await engine.open();
      const log = await engine.ended(id);
      expect(outline(log).slice(2)).toEqual(['step_cancelled a', 'workflow_failed']);
      expect(only(log, 'step_cancelled').data.reason).toBe('given_up');
      expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(await engine.status(id)).toMatchObject({ status: 'failed', activeSteps: [], steps: { a: { status: 'cancelled' } } });
    });

    it('and keeps a tree with functions that is run from code by its name', async () => {
      const engine = engineOf();
      engine.registry.register(functions, () => []);
      const { record } = await engine.open().then(() => engine.executions.start('f', null));
      expect(only(await engine.ended(record.id), 'workflow_completed').data.result).toBe(1);
    });
  });

  describe('an execution that may end the process itself', () => {
    it('is counted each time it is resumed, until it gets any further', async () => {
      const engine = engineOf();
      const id = await planted(engine, 'a');
      await engine.open();
      await gates.came('a#2');
      expect(await resumesOf(engine, id)).toBe(1);
      await gates.open('a#2');
      await engine.ended(id);
      await turns();
      expect(await resumesOf(engine, id)).toBe(0);
    });

    it('is given up after the third resume', async () => {
      const engine = engineOf();
      const [third, fourth] = [await planted(engine, 'a', { resumes: 2 }), await planted(engine, 'b', { resumes: 3 })];
      await engine.open();
      expect(only(await engine.ended(fourth), 'workflow_failed').data.error).toMatchObject({ code: 'resume_limit' });
      await gates.open('a#2');
      expect((await engine.ended(third)).at(-1)?.type).toBe('workflow_completed');
      expect(gates.arrived).toEqual(['a#2']);
    });

    it('is no suspect any more when it has lived for ten seconds', async () => {
      fakeTime();
      const engine = engineOf();
      const id = await planted(engine, 'a');
      await engine.open();
      await gates.came('a#2');
      await turns();
      jest.advanceTimersByTime(9_999);
      await turns();
      expect(await resumesOf(engine, id)).toBe(1);
      jest.advanceTimersByTime(1);
      await turns();
      expect(await resumesOf(engine, id)).toBe(0);
    });

    it('is resumed alone once it was cut short twice: after all others, each when the one before has lived a second', async () => {
      fakeTime();
      const engine = engineOf();
      const ids: Record<string, string> = {};
      for (const [name, resumes] of [['s1', 2], ['a', 0], ['s2', 2], ['b', 1], ['s3', 2]] as const) ids[name] = await planted(engine, name, { resumes });
      await engine.open();
      await gates.came('s1#2');
      await turns();
      expect(gates.arrived).toEqual(['a#2', 'b#2', 's1#2']);
      jest.advanceTimersByTime(999);
      await turns();
      expect(gates.arrived).toHaveLength(3);
      jest.advanceTimersByTime(1);
      await gates.came('s2#2');
      await turns();
      expect(gates.arrived).toHaveLength(4);
      // The process has lived with the first: what the second does to it is not to be counted against that.
      expect([await resumesOf(engine, ids['s1'] as string), await resumesOf(engine, ids['s2'] as string)]).toEqual([0, 3]);
      jest.advanceTimersByTime(1000);
      await gates.came('s3#2');
    });

    it('makes way for the next at once when it gets further', async () => {
      fakeTime();
      const engine = engineOf();
      for (const name of ['s1', 's2']) await planted(engine, name, { resumes: 2 });
      await engine.open();
      await gates.open('s1#2');
      await gates.came('s2#2');
    });

    describe('is none that only waits, however often the process dies meanwhile', () => {
      const failing: WorkflowDefinition = { name: 'w', steps: [retry('r', { maxAttempts: 2, backoff: { delayMs: 60_000 } }, agent('fails'))] };
      const composite: WorkflowDefinition = { name: 'w', steps: [retry('r', { maxAttempts: 2, backoff: { delayMs: 60_000 } }, sequential('s', agent('fails')))] };
      const delay: WorkflowDefinition = { name: 'w', steps: [agent('delay', { input: { ms: 60_000 } })] };
      const beside = (name: string): WorkflowDefinition => ({ name: 'w', steps: [parallel('p', agent('delay', { input: { ms: 60_000 } }), agent(name, 'gate'))] });
      const withDelay = (open: Gates, ofCode?: WorkflowDefinition) => {
        const engine = engineOf({ agents: { gate: open.agent, fails: () => Promise.reject(new Error('no')) } });
        engine.agents.register({ name: 'delay', handler: new DelayAgent() });
        if (ofCode) engine.registry.register(ofCode, () => []);
        return engine;
      };
      /** Cut short after this event, resumed twice already, and now once more. */
      const again = async (waiting: WorkflowDefinition, type: EventType, stepId: string) => {
        const former = await withDelay(new Gates()).open();
        const id = await former.start(waiting);
        const events = upTo(await former.told(id, type, stepId), type, stepId);
        await former.close();
        const engine = withDelay(gates);
        const planted = await engine.plant({ definition: waiting, events, resumes: 2 });
        await engine.open();
        await engine.told(planted, 'workflow_resumed');
        return { engine, id: planted };
      };

      it.each([
        ['for its next attempt', failing, 'step_retrying', 'r/fails'],
        ['for the next attempt of several steps', composite, 'step_retrying', 'r/s'],
        ['in a delay', delay, 'step_started', 'delay'],
      ] as const)('%s', async (_, waiting, type, stepId) => {
        const { engine, id } = await again(waiting, type, stepId);
        await turns();
        expect(await resumesOf(engine, id)).toBe(0);
      });

      it('while a condition that is looked at beside it is not beyond suspicion', async () => {
        const waiting: WorkflowDefinition = { name: 'w', steps: [parallel('p', agent('delay', { input: { ms: 60_000 } }), conditional('c', { when: () => new Promise(() => undefined), then: agent('echo') }))] };
        const former = await withDelay(new Gates()).open();
        const id = await former.start(waiting);
        const events = upTo(await former.told(id, 'step_started', 'p/c'), 'step_started', 'p/c');
        await former.close();
        const engine = withDelay(gates, waiting);
        const planted = await engine.plant({ definition: waiting, events, resumes: 2 });
        await engine.open();
        await engine.told(planted, 'step_started', 'p/delay');
        await turns();
        expect(await resumesOf(engine, planted)).toBe(3);
        await engine.executions.cancel(planted, 'enough');
      });

      it.each<[string, (works: () => void) => Step, string]>([
        ['an agent', (works) => agent('next', works), 'step_started next'],
        ['a condition', (works) => conditional('next', { when: () => (works(), true), then: agent('echo') }), 'step_started next'],
        ['the end of a loop', (works) => iteration('next', { maxIterations: 2, until: () => (works(), true) }, agent('delay_too', 'delay', { input: { ms: 0 } })), 'iteration_completed next'],
      ])('and %s after it works when the log says so, and not before: it may end the process', async (_, next, known) => {
        const committed: ExecutionEvent[] = [];
        const told: string[][] = [];
        const waiting: WorkflowDefinition = { name: 'w', steps: [agent('delay', { input: { ms: 0 } }), next(() => void told.push(outline(committed)))] };
        const former = await withDelay(new Gates(), waiting).open();
        const { record } = await former.executions.start('w', null);
        const events = upTo(await former.ended(record.id), 'step_started', 'delay');
        await former.close();
        told.length = 0;
        const engine = withDelay(gates, waiting);
        engine.journal.commits$.subscribe(({ batches }) => committed.push(...batches.flatMap((batch) => batch.events.map(({ json }) => JSON.parse(json) as ExecutionEvent))));
        const planted = await engine.plant({ definition: waiting, events, resumes: 2 });
        await engine.open();
        await engine.ended(planted);
        expect(told).toEqual([expect.arrayContaining([known])]);
      });

      it('while an agent that works beside it is not beyond suspicion', async () => {
        const { engine, id } = await again(beside('a'), 'step_started', 'p/a');
        await gates.came('p/a#2');
        await turns();
        expect(await resumesOf(engine, id)).toBe(3);
        await engine.executions.cancel(id, 'enough');
      });
    });

    it('is not to blame for a shutdown, whether it ran or was still queued', async () => {
      const engine = engineOf({ maxExecutionsPerUser: 1 });
      const [running, queued] = [await planted(engine, 'a'), await planted(engine, 'b')];
      await engine.open();
      await gates.came('a#2');
      await turns();
      expect([await resumesOf(engine, running), await resumesOf(engine, queued)]).toEqual([1, 1]);
      await engine.recovery.onModuleDestroy();
      expect([await resumesOf(engine, running), await resumesOf(engine, queued)]).toEqual([0, 0]);
    });

    it('nor one that was on its way to being resumed', async () => {
      const engine = engineOf();
      const id = await planted(engine, 'a');
      const { journal } = engine;
      const read = journal.read.bind(journal);
      const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      jest.spyOn(journal, 'read').mockImplementation(async (...given) => {
        asked.resolve();
        await held.promise;
        return read(...given);
      });
      await engine.open();
      await asked.promise;
      expect(await resumesOf(engine, id)).toBe(1);
      await engine.recovery.onModuleDestroy();
      expect(await resumesOf(engine, id)).toBe(0);
      held.resolve();
      await turns();
      expect(gates.arrived).toEqual([]);
    });
  });

  describe('while it goes on with an execution', () => {
    it('a cancel and an answer wait for it', async () => {
      const engine = engineOf();
      const ask: WorkflowDefinition = { name: 'w', steps: [{ type: 'input', name: 'ask' }] };
      const [cancelled, answered] = [await engine.plant({ definition: ask }), await engine.plant({ definition: ask })];
      const held = Promise.withResolvers<void>();
      const { journal } = engine;
      const claim = journal.claim.bind(journal);
      jest.spyOn(journal, 'claim').mockImplementation(async (...given) => { await held.promise; return claim(...given); });
      await engine.open();
      const cancel = engine.executions.cancel(cancelled, 'enough');
      await turns();
      held.resolve();
      await cancel;
      expect((await engine.log(cancelled)).at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'enough' } });
      await engine.told(answered, 'input_required');
      await engine.executions.answer(answered, 'ask', 1);
      expect((await engine.ended(answered)).at(-1)?.type).toBe('workflow_completed');
    });

    it('they wait where others come before it, too', async () => {
      fakeTime();
      const engine = engineOf();
      for (const name of ['s1', 's2']) await planted(engine, name, { resumes: 2 });
      const ask: WorkflowDefinition = { name: 'w', steps: [{ type: 'input', name: 'ask' }] };
      const answered = await engine.plant({ definition: ask, events: await asked(ask), resumes: 2 });
      const cancelled = await planted(engine, 's3', { resumes: 2 });
      await engine.open();
      await gates.came('s1#2');
      const requests = Promise.all([engine.executions.answer(answered, 'ask', 1), engine.executions.cancel(cancelled, 'enough')]);
      for (let second = 0; second < 4; second++) {
        await turns();
        jest.advanceTimersByTime(1000);
      }
      await requests;
      expect((await engine.log(answered)).at(-1)?.type).toBe('workflow_completed');
      expect((await engine.log(cancelled)).at(-1)?.type).toBe('workflow_cancelled');
    });
  });

  it('a request that needs one whose turn has not come waits for it, however many come before', async () => {
    fakeTime();
    const engine = engineOf();
    await planted(engine, 'suspect', { resumes: 2 });
    const ask: WorkflowDefinition = { name: 'w', steps: [{ type: 'input', name: 'ask' }] };
    for (let i = 0; i < 50; i++) await engine.plant({ definition: ask });
    const asked = await engine.plant({ definition: ask });
    const late = await planted(engine, 'late', { resumes: 2 });
    await engine.open();
    const answered = engine.executions.answer(asked, undefined, 'yes').then(() => 'answered', ({ code }: StepcastError) => code);
    const cancelled = engine.executions.cancel(late).then(() => 'cancelled', ({ code }: StepcastError) => code);
    expect(await answered).toBe('answered');
    await gates.came('suspect#2');
    await turns();
    jest.advanceTimersByTime(1000);
    expect(await cancelled).toBe('cancelled');
  });

  describe('while the journal fails', () => {
    /** Fails the next `times` calls of one of its methods. */
    const failing = (journal: SqliteJournal, method: 'claim' | 'read' | 'unfinished', times: number) => {
      const real = journal[method].bind(journal) as (...given: unknown[]) => Promise<unknown>;
      let left = times;
      Object.assign(journal, { [method]: (...given: unknown[]) => (left-- > 0 ? Promise.reject(unavailable()) : real(...given)) });
    };

    it.each(['claim', 'read', 'unfinished'] as const)('it waits and tries again: nothing is left behind for a disk that was full for a moment (%s)', async (method) => {
      const journal = new SqliteJournal({ dataDir: ':memory:' });
      const engine = engineOf({ journal });
      const ids = [await planted(engine, 'a'), await planted(engine, 'b')];
      failing(journal, method, 2);
      await engine.open();
      for (const name of ['a', 'b']) await gates.open(`${name}#2`);
      for (const id of ids) expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
    });

    it('no request waits for it beyond a shutdown', async () => {
      const journal = new SqliteJournal({ dataDir: ':memory:' });
      const engine = engineOf({ journal });
      const id = await planted(engine, 'a');
      jest.spyOn(journal, 'claim').mockImplementation(() => Promise.reject(unavailable()));
      await engine.open();
      const cancel = engine.executions.cancel(id).then(() => 'none', ({ code }: StepcastError) => code);
      await turns();
      await engine.recovery.onModuleDestroy();
      expect(await cancel).toBe('shutting_down');
    });

    it('starts all the same, and goes on when it is open', async () => {
      const journal = new SqliteJournal({ dataDir: ':memory:' });
      const engine = engineOf({ journal });
      const id = await engine.plant({ definition: definitionOf(agent('echo')), input: 'in' });
      const { health$ } = journal;
      health$.next({ ready: false, reason: 'the disk is full' });
      await engine.recovery.onApplicationBootstrap();
      await turns();
      expect(await engine.log(id)).toEqual([]);
      health$.next({ ready: true });
      expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
    });
  });

  it('one that cannot be read does not keep the others from going on', async () => {
    const engine = engineOf();
    const [broken, whole] = [await planted(engine, 'a'), await planted(engine, 'b')];
    const { journal } = engine;
    const read = journal.read.bind(journal);
    jest.spyOn(journal, 'read').mockImplementation((id, ...rest) => (id === broken ? Promise.reject(new Error('no JSON')) : read(id, ...rest)));
    await engine.open();
    await gates.open('b#2');
    await expect(engine.ended(whole)).resolves.toBeDefined();
    expect(gates.arrived).toEqual(['b#2']);
  });

  it('stops where the process stops: what is not resumed yet is neither claimed nor counted', async () => {
    const engine = engineOf();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push(await planted(engine, name));
    const { journal } = engine;
    const held = Promise.withResolvers<void>();
    const claim = journal.claim.bind(journal);
    jest.spyOn(journal, 'claim').mockImplementationOnce(async (...given) => { const record = await claim(...given); await held.promise; return record; });
    await engine.open();
    await engine.recovery.onModuleDestroy();
    held.resolve();
    await turns();
    expect(journal.claim).toHaveBeenCalledTimes(1);
    expect(await Promise.all(ids.slice(1).map((id) => resumesOf(engine, id)))).toEqual([0, 0]);
    expect(gates.arrived).toEqual([]);
  });

  it('gives others a turn between the pages of a long log', async () => {
    const engine = engineOf();
    const log = await cutShort('a');
    await engine.plant({ definition: definition('a'), events: log });
    let turn = 0;
    const count = () => void setImmediate(() => { turn++; if (turn < 100) count(); });
    count();
    const { journal } = engine;
    const read = journal.read.bind(journal);
    const turnOfPage: number[] = [];
    jest.spyOn(journal, 'read').mockImplementation((execution, after) => {
      turnOfPage.push(turn);
      return read(execution, after, { limit: 1 });
    });
    await engine.open();
    await gates.came('a#2');
    expect(turnOfPage).toHaveLength(log.length + 1);
    expect(new Set(turnOfPage).size).toBe(turnOfPage.length);
  });
});
