import { describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type Journal } from '../journal.js';

/** Definitions that users store. */
export function describeWorkflows(journal: () => Journal): void {
  const definition = (name: string, description = ''): WorkflowDefinition => ({
    name, description, inputSchema: { type: 'object' }, steps: [{ type: 'agent', name: 'a', agent: 'echo', input: { text: '{{input.topic}} ü' } }],
  });

  describe('stored workflows', () => {
    it('are found and listed by name, per user', async () => {
      for (const name of ['b', 'c', 'a']) await journal().saveWorkflow('ann', definition(name), 1000);
      await journal().saveWorkflow('bob', definition('a', "bob's"), 2000);
      expect(await journal().listWorkflows('ann')).toEqual(['a', 'b', 'c'].map((name) => ({ user: 'ann', definition: definition(name), createdAt: 1000 })));
      expect(await journal().findWorkflow('bob', 'a')).toEqual({ user: 'bob', definition: definition('a', "bob's"), createdAt: 2000 });
      expect(await journal().findWorkflow('bob', 'b')).toBeUndefined();
      expect(await journal().listWorkflows('eve')).toEqual([]);
    });

    it('take the place of an earlier one', async () => {
      await journal().saveWorkflow('ann', definition('a', 'first'), 1000);
      await journal().saveWorkflow('ann', definition('a', 'second'), 2000);
      expect(await journal().listWorkflows('ann')).toEqual([{ user: 'ann', definition: definition('a', 'second'), createdAt: 2000 }]);
    });

    it('are so many at the most, and so large together: the one above is not stored, and a new one in place of an old one is', async () => {
      const size = Buffer.byteLength(JSON.stringify(definition('a')));
      const save = (name: string, most: { count: number; bytes: number }, description = '') => journal().saveWorkflow('ann', definition(name, description), 1000, most);
      const many = { count: 2, bytes: 1e6 };
      expect([await save('a', many), await save('b', many), await save('c', many), await save('b', many)]).toEqual([true, true, false, true]);
      const small = { count: 10, bytes: size * 2 };
      expect([await save('b', small), await save('b', small, 'ü'), await save('c', small)]).toEqual([true, false, false]);
      expect(await journal().saveWorkflow('bob', definition('c'), 1000, small)).toBe(true);
      expect((await journal().listWorkflows('ann')).map(({ definition: { name, description } }) => `${name}${description}`)).toEqual(['a', 'b']);
    });

    it('are deleted, once, for their user alone', async () => {
      await journal().saveWorkflow('ann', definition('a'), 1000);
      await journal().saveWorkflow('bob', definition('a'), 1000);
      expect(await journal().deleteWorkflow('ann', 'a')).toBe(true);
      expect(await journal().deleteWorkflow('ann', 'a')).toBe(false);
      expect(await journal().findWorkflow('ann', 'a')).toBeUndefined();
      expect(await journal().findWorkflow('bob', 'a')).toBeDefined();
    });
  });
}
