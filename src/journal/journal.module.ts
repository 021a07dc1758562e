/** The log, what is kept beside it, and what removes of it what is old. Takes `JournalOptions`. */
import { Global, Module } from '@nestjs/common';
import { CacheStore } from './cache.store.js';
import { Journal } from './journal.js';
import { JournalOptions } from './journal.options.js';
import { RetentionService } from './retention.service.js';
import { SqliteJournal } from './sqlite/sqlite-journal.js';

@Global()
@Module({
  providers: [
    { provide: Journal, inject: [JournalOptions], useFactory: ({ journal, dataDir, synchronous }: JournalOptions) => journal ?? new SqliteJournal({ dataDir, synchronous }) },
    { provide: CacheStore, inject: [Journal], useFactory: (journal: Journal) => journal.cache },
    { provide: RetentionService, inject: [Journal, JournalOptions], useFactory: (journal: Journal, { retentionMs }: JournalOptions) => new RetentionService(journal, { retentionMs }) },
  ],
  exports: [Journal, CacheStore],
})
export class JournalModule {}
