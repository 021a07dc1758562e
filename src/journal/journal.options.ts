import { type Journal } from './journal.js';

/** Where the log is kept, and for how long. */
export abstract class JournalOptions {
  abstract dataDir: string;
  abstract synchronous: 'normal' | 'full';
  abstract journal?: Journal;
  abstract retentionMs: number;
}
