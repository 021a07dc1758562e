/**
 * The files of the dashboard, as its build has made them. None is read before it is asked for, so that they cost a start
 * nothing; each is read, and compressed, once. What is not in the folder of the build is no file of it, whatever name is asked for.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { assetUrl } from './assets.js';
import { StepcastError } from './contract/errors.js';

export interface Representation {
  bytes: Buffer;
  etag: string;
}

export interface DashboardFile {
  type: string;
  plain: Representation;
  /** Absent where it is not smaller. */
  gzipped: Representation | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};
const compress = promisify(gzip);

@Injectable()
export class DashboardFiles {
  /** Where the build has put them: the same folder for the service from its sources, as tests run it, and for the built one. */
  folder = assetUrl('../dist/dashboard/');
  private names: Promise<ReadonlySet<string>> | undefined;
  private readonly read = new Map<string, Promise<DashboardFile>>();

  /** The page itself. @throws StepcastError `not_found` where it is not built. */
  document(): Promise<DashboardFile> {
    return this.file('index.html');
  }

  /** @param name Without a folder. @throws StepcastError `not_found` */
  async asset(name: string): Promise<DashboardFile> {
    this.names ??= this.list();
    if (!(await this.names).has(name)) throw new StepcastError('not_found', `there is no asset ${name}`);
    return this.file(`assets/${name}`);
  }

  private async list(): Promise<ReadonlySet<string>> {
    return new Set(await readdir(new URL('assets/', this.folder)).catch(notBuilt));
  }

  private file(path: string): Promise<DashboardFile> {
    let file = this.read.get(path);
    if (!file) {
      file = this.open(path);
      this.read.set(path, file);
      // What could not be read is tried again with the next request.
      file.catch(() => this.read.delete(path));
    }
    return file;
  }

  private async open(path: string): Promise<DashboardFile> {
    const bytes = await readFile(new URL(path, this.folder)).catch(notBuilt);
    const tag = createHash('sha256').update(bytes).digest('base64url');
    const smaller = await compress(bytes, { level: 9 });
    return {
      type: TYPES[extname(path)] ?? 'application/octet-stream',
      plain: { bytes, etag: `"${tag}"` },
      gzipped: smaller.length < bytes.length ? { bytes: smaller, etag: `"${tag}-gzip"` } : undefined,
    };
  }
}

function notBuilt(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new StepcastError('not_found', 'the dashboard is not built; run "npm run build"', { cause: error }) : error;
}
