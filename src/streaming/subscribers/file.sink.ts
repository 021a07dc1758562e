/**
 * Every event as a line of JSON in a file, for debugging (`tail -f`, `grep`, `jq`). Files are rotated by size, and there are
 * so many at the most. It is written beside the loop, in the order of the commits; what cannot be written is counted and
 * passed by, as the journal has it all the same.
 */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FailureWatch, SubscriberFailure } from './failure.watch.js';
import { type Item, type Sink } from './log.reader.js';
import { EVENT_FILE_DEFAULTS, type EventFileOptions } from './subscriber.options.js';

const LINE_FEED = 10;
/** Characters that are written at once. */
const CHUNK_LENGTH = 256 * 1024;

interface OpenFile {
  handle: FileHandle;
  inode: number;
  size: number;
}

export class FileSink implements Sink {
  private file: OpenFile | undefined;
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly maxFiles: number;

  constructor({ path, maxBytes = EVENT_FILE_DEFAULTS.maxBytes, maxFiles = EVENT_FILE_DEFAULTS.maxFiles }: EventFileOptions, private readonly watch: FailureWatch) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  async take(items: readonly Item[], passed: (index: number) => void): Promise<void> {
    let lines: Buffer[] = [];
    let length = 0;
    const flush = async () => {
      await this.write(lines);
      lines = [];
      length = 0;
    };
    for (const { events } of items) {
      for (const { json } of events) {
        lines.push(Buffer.from(`${json}\n`));
        length += json.length;
        if (length >= CHUNK_LENGTH) await flush();
      }
    }
    await flush();
    for (const i of items.keys()) passed(i);
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  /** Writes lines, as many at once as the file has room for. */
  private async write(lines: readonly Buffer[]): Promise<void> {
    await this.look();
    for (let from = 0, to = 0; from < lines.length; from = to) {
      try {
        this.file ??= await this.open();
        let size = this.file.size;
        while (to < lines.length && (to === from || size + (lines[to] as Buffer).length <= this.maxBytes)) size += (lines[to++] as Buffer).length;
        if (this.file.size > 0 && size > this.maxBytes) {
          await this.rotate();
          to = from;
          continue;
        }
        await this.file.handle.appendFile(Buffer.concat(lines.slice(from, to)));
        this.file.size = size;
        this.watch.metrics.events.inc({ subscriber: this.watch.name }, to - from);
      } catch (error) {
        this.watch.failed(new SubscriberFailure((error as NodeJS.ErrnoException).code ?? 'write', (error as Error).message));
        // What was begun may be half a line; the next opening sees to that.
        await this.close();
        to = Math.max(to, from + 1);
      }
    }
  }

  /** Whoever watches it may have moved it away, removed or emptied it. */
  private async look(): Promise<void> {
    const { file } = this;
    if (!file) return;
    const there = await stat(this.path).catch(() => undefined);
    if (there?.ino === file.inode) file.size = there.size;
    else await this.close();
  }

  private async open(): Promise<OpenFile> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const handle = await open(this.path, 'a+', 0o600);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw new SubscriberFailure('no file', `${this.path} is no file`);
      if ((found.mode & 0o077) !== 0) await handle.chmod(0o600);
      let { size } = found;
      if (size > 0 && (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== LINE_FEED) {
        await handle.appendFile('\n');
        size++;
      }
      return { handle, inode: found.ino, size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  private async rotate(): Promise<void> {
    await this.close();
    const name = (i: number) => (i === 0 ? this.path : `${this.path}.${i}`);
    await rm(name(this.maxFiles - 1), { force: true });
    for (let i = this.maxFiles - 2; i >= 0; i--) {
      await rename(name(i), name(i + 1)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    this.file = await this.open();
  }
}
