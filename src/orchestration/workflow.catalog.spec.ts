import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, START } from '../../test/support/engine.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { type OwnedExecution } from '../journal/journal.types.js';
import { agent } from './definition/builder.js';
import { fingerprintOf } from './definition/fingerprint.js';
import { type WorkflowCatalog } from './workflow.catalog.js';

const shipped: WorkflowDefinition = { name: 'shipped', steps: [agent('echo')] };
const own = (name = 'own', steps = [agent('echo')]): WorkflowDefinition => ({ name, steps });

describe('the catalog', () => {
  let engine: Engine;
  let catalog: WorkflowCatalog;
  beforeEach(async () => {
    engine = new Engine();
    engine.registry.register(shipped, () => [{ path: '/x', message: 'checked by code' }]);
    await engine.open();
    ({ catalog } = engine);
  });
  afterEach(() => engine.close());

  it('lists what code registers and what the user has stored, of each user their own', async () => {
    await catalog.save('ann', own('a'));
    await catalog.save('bob', own('b'));
    expect(await catalog.list('ann')).toEqual([
      { definition: shipped, origin: 'code', createdAt: null },
      expect.objectContaining({ definition: own('a'), origin: 'stored', createdAt: START }),
    ]);
    expect((await catalog.list('bob')).map(({ definition }) => definition.name)).toEqual(['shipped', 'b']);
  });

  it('finds by name, and tells others that there is none', async () => {
    const saved = await catalog.save('ann', own());
    expect(saved).toEqual({ definition: own(), origin: 'stored', createdAt: START });
    expect(await catalog.find('own', 'ann')).toMatchObject(saved);
    expect(await catalog.find('shipped', 'bob')).toEqual({ definition: shipped, origin: 'code', createdAt: null });
    for (const find of [() => catalog.find('own', 'bob'), () => catalog.byName('own', 'bob'), () => catalog.delete('bob', 'own')]) {
      await expect(find()).rejects.toMatchObject({ code: 'not_found', message: 'there is no workflow "own"; GET /workflows lists those you can start' });
    }
  });

  it('stores under a name once more what the user has changed, and deletes it', async () => {
    await catalog.save('ann', own());
    await catalog.save('ann', own('own', [agent('other', 'echo')]));
    expect((await catalog.find('own', 'ann')).definition.steps).toEqual([agent('other', 'echo')]);
    await catalog.delete('ann', 'own');
    await expect(catalog.find('own', 'ann')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lets nobody shadow or delete what code registers; what was stored before code had the name is not seen', async () => {
    await expect(catalog.save('ann', own('shipped'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(catalog.delete('ann', 'shipped')).rejects.toMatchObject({ code: 'conflict' });
    await engine.journal.saveWorkflow('ann', own('shipped', [agent('mine', 'echo')]), START);
    expect(await catalog.list('ann')).toHaveLength(1);
    expect((await catalog.byName('shipped', 'ann')).definition).toBe(shipped);
  });

  it('gives what can be run: how the input is checked, and whether it can go on after a crash', async () => {
    const byCode = await catalog.byName('shipped', 'ann');
    expect(byCode).toMatchObject({ definition: shipped, source: 'code', fingerprint: fingerprintOf(shipped) });
    expect(await byCode.checkInput(null)).toEqual([{ path: '/x', message: 'checked by code' }]);
    await catalog.save('ann', { ...own(), inputSchema: { type: 'string' } });
    const stored = await catalog.byName('own', 'ann');
    expect(stored.source).toBe('stored');
    expect(await stored.checkInput(1)).toEqual([{ path: '', message: 'must be string' }]);
    expect(await catalog.ofDefinition(own()).checkInput(1)).toEqual([]);
    expect(catalog.ofDefinition(own('f', [agent('f', () => 1)])).source).toBe('ephemeral');
  });

  it('refuses what cannot run: from outside with the place in the request, and what was stored when its agents are gone', async () => {
    expect(catalog.parse(own(), '/workflow')).toEqual(own());
    expect(() => catalog.parse({ name: 'w', steps: [{ type: 'agent', name: 'a', agent: 'gone' }] }, '/workflow')).toThrow('/workflow/steps/0/agent');
    await engine.journal.saveWorkflow('ann', own('old', [agent('gone')]), START);
    await expect(catalog.byName('old', 'ann')).rejects.toMatchObject({ code: 'invalid_definition', faults: [{ path: '/steps/0/agent', message: expect.any(String) }] });
  });

  describe('for an execution that was cut short', () => {
    const record = (more: Partial<OwnedExecution>) => ({ workflow: 'shipped', source: 'code', fingerprint: fingerprintOf(shipped), definition: null, ...more }) as OwnedExecution;

    it('gives the definition that it was started with', () => {
      for (const source of ['data', 'stored'] as const) expect(catalog.forResume(record({ source, workflow: 'own', definition: own() as never }))).toEqual(own());
      expect(catalog.forResume(record({}))).toBe(shipped);
    });

    it.each<[string, Partial<OwnedExecution>, string]>([
      ['was built for one run', { source: 'ephemeral' }, 'workflow_not_found'],
      ['is not in the code any more', { workflow: 'gone' }, 'workflow_not_found'],
      ['has other steps by now', { fingerprint: 'former' }, 'workflow_changed'],
    ])('refuses one that %s', (_what, more, code) => {
      expect(() => catalog.forResume(record(more))).toThrow(expect.objectContaining({ code }));
    });

    it('tells the definition that it runs, and where that is from', () => {
      const kept = { workflow: 'own', definition: own() as never };
      for (const [source, origin] of [['data', 'given'], ['stored', 'stored'], ['ephemeral', 'built']] as const) expect(catalog.definitionOf(record({ ...kept, source }))).toEqual({ workflow: own(), origin });
      expect(catalog.definitionOf(record({}))).toEqual({ workflow: shipped, origin: 'code' });
      expect(() => catalog.definitionOf(record({ fingerprint: 'former' }))).toThrow(expect.objectContaining({ code: 'not_found', message: expect.stringContaining('have changed since') }));
      expect(() => catalog.definitionOf(record({ workflow: 'gone' }))).toThrow(expect.objectContaining({ code: 'not_found', message: expect.stringContaining('no workflow "gone" in the code any more') }));
    });
  });
});
