import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Injectable, type LoggerService, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { tempDir } from '../../test/support/app.js';
import { eventually } from '../../test/support/patience.js';
import { type AgentContext } from '../orchestration/agent.js';
import { Agent } from '../orchestration/decorators.js';
import { agent, workflow } from '../orchestration/definition/builder.js';
import { ExecutionService } from '../orchestration/execution.service.js';
import { StreamingModule } from './streaming.module.js';
import { type StreamingOptions } from './streaming.options.js';

const options = (user: string, more: Partial<StreamingOptions> = {}): Partial<StreamingOptions> => ({ dataDir: ':memory:', apiKeys: [{ user, key: `key-of-${user}` }], ...more });
const silent: LoggerService = { log() {}, warn() {}, error() {} };
const app = async (...args: Parameters<typeof Test.createTestingModule>) => (await Test.createTestingModule(...args).setLogger(silent).compile()).init();

describe('StreamingModule', () => {
  it('is imported once in an app, and says so', async () => {
    @Module({ imports: [StreamingModule.forRoot(options('bob'))] })
    class Feature {}
    await expect(app({ imports: [StreamingModule.forRoot(options('alice')), Feature] })).rejects.toThrow('StreamingModule is imported 2 times; import it once, in the root module: it is global');
    await expect(app({ imports: [Feature, StreamingModule.forRootAsync({ useFactory: () => options('alice') })] })).rejects.toThrow('StreamingModule is imported 2 times');
  });

  it('has executions of its own in each app of a process', async () => {
    const [one, other] = await Promise.all([app({ imports: [StreamingModule.forRoot(options('alice'))] }), app({ imports: [StreamingModule.forRootAsync({ useFactory: async () => options('bob') })] })]);
    try {
      const { record } = await one.get(ExecutionService).start(workflow('w', agent('e', 'echo')), 1);
      expect(await one.get(ExecutionService).result(record.id)).toBe(1);
      await expect(other.get(ExecutionService).get(record.id)).rejects.toMatchObject({ code: 'not_found' });
      await one.close();
      expect(await other.get(ExecutionService).result((await other.get(ExecutionService).start(workflow('w', agent('e', 'echo')), 2)).record.id)).toBe(2);
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });

  it('leaves executions to the next start before what their agents use is shut down', async () => {
    @Injectable()
    class Db implements OnApplicationShutdown {
      isOpen = true;
      onApplicationShutdown(): Promise<void> {
        this.isOpen = false;
        return sleep(20);
      }
    }
    let isOver = false;
    let begun = 0;
    @Agent('reader')
    @Injectable()
    class Reader {
      constructor(private readonly db: Db) {}

      async execute({ signal }: AgentContext): Promise<string> {
        for (begun++; !isOver; await sleep(1)) {
          signal.throwIfAborted();
          if (!this.db.isOpen) throw new Error('the database is closed');
        }
        return 'read';
      }
    }
    const dataDir = tempDir();
    const start = () => app({ imports: [StreamingModule.forRoot(options('alice', { dataDir }))], providers: [Db, Reader] });
    try {
      const first = await start();
      const { record } = await first.get(ExecutionService).start(workflow('w', agent('r', 'reader')), null);
      await eventually(() => begun === 1, 'the agent');
      await first.close();
      isOver = true;
      const second = await start();
      expect(await second.get(ExecutionService).result(record.id)).toBe('read');
      expect(begun).toBe(2);
      await second.close();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
