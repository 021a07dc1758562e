/** What StrictMode, which mounts everything twice while an app is written, may not do. */
import { describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { eventually } from '../support/patience.js';
import { type ViewStage } from '../views/views.suite.js';

export function describeStrictMode(stage: ViewStage): void {
  describe('in StrictMode', () => {
    it('has one connection and no event twice, though everything is mounted twice', async () => {
      const { app, web } = stage;
      const id = await app.alice.start(workflow('strict', agent('held', 'gate')));
      await app.stage.gate(id, 'held').arrived;
      await stage.call('probe', { executionId: id, strict: true });
      await stage.until(({ connections }) => connections.at(-1) === 'live', 'a line');
      // Those of the page before may be seen to be gone a moment later.
      await eventually(async () => (await stage.openStreams()) === 1, 'one stream');
      app.stage.gate(id, 'held').open();
      const seen = await stage.until(({ status }) => status === 'completed', 'the end');
      expect(seen.seqs).toEqual(Array.from({ length: (await app.alice.status(id)).lastSeq }, (_, i) => i + 1));
      expect(web.gets.filter((path) => path.endsWith('/stream'))).toHaveLength(1);
    });

    it('tells the end once', async () => {
      const { app } = stage;
      const id = await app.alice.start(workflow('strict', agent('e', 'echo')));
      await stage.call('show', { executionId: id, strict: true });
      await stage.view.locator('> header').getByText('Completed').waitFor();
      await stage.until(({ finished }) => finished.length > 0, 'the end');
      expect((await stage.seen()).finished).toEqual([`${id} completed`]);
    });
  });
}
