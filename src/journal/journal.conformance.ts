/**
 * What a backend of the journal must pass, whatever it is built on: every promise in `journal.ts`, by its public face
 * alone. A backend's own spec calls this once for each way to open it, and adds what only it can show (its failures).
 */
import { afterEach, beforeEach, describe } from '@jest/globals';
import { describeCache, describeReopenedCache } from './conformance/cache.conformance.js';
import { describeExecutions } from './conformance/executions.conformance.js';
import { type OpenJournal, whenReady } from './conformance/fixture.conformance.js';
import { describeFollow } from './conformance/follow.conformance.js';
import { describeInterleaving } from './conformance/interleaving.conformance.js';
import { describeClosing, describeReopening } from './conformance/lifecycle.conformance.js';
import { describeKeys, describeReopenedKeys } from './conformance/keys.conformance.js';
import { describeLog } from './conformance/log.conformance.js';
import { describeOwnership } from './conformance/ownership.conformance.js';
import { describePositions, describeReopenedPositions } from './conformance/positions.conformance.js';
import { describeRetention } from './conformance/retention.conformance.js';
import { describeStrings } from './conformance/strings.conformance.js';
import { describeWorkflows } from './conformance/workflows.conformance.js';

/**
 * @param open gives an empty journal of its own for each test.
 * @param durable whether data outlive a close; without it, `reopen` is never called.
 */
export function describeJournal(name: string, open: () => Promise<OpenJournal>, { durable = true } = {}): void {
  describe(name, () => {
    let opened: OpenJournal;
    beforeEach(async () => {
      opened = await open();
      await whenReady(opened.journal);
    });
    afterEach(() => opened.dispose());

    const journal = () => opened.journal;
    describeLog(journal);
    describeFollow(journal);
    describeInterleaving(journal);
    describeOwnership(journal);
    describeExecutions(journal);
    describeRetention(journal);
    describePositions(journal);
    describeWorkflows(journal);
    describeKeys(journal);
    describeCache(journal);
    describeStrings(journal);
    describeClosing(journal);
    if (durable) {
      describeReopening(() => opened);
      describeReopenedKeys(() => opened);
      describeReopenedCache(() => opened);
      describeReopenedPositions(() => opened);
    }
  });
}
