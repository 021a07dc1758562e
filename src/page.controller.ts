/**
 * The page at `/` and what it loads. The files are few and small, so they are read once, at the start; they come from
 * beside this file, in `src` as in `dist`, where the build copies them to (`assets` in nest-cli.json).
 *
 * They are public: they hold no data, and ask the user for a key.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { assetUrl } from './assets.js';
import { StepcastError } from './contract/errors.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';

interface PageFile {
  text: string;
  type: string;
  etag: string;
}

const FOLDER = assetUrl('./page/');
const DOCUMENT = 'index.html';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/**
 * Narrower than what the rest of the service is sent with: nothing inline, nothing from elsewhere, no strings that
 * become markup, and no form that a browser sends by itself: a page whose script failed to load must not put the key
 * that is typed into it into an address.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join('; ');

@Controller()
@UseFilters(ProblemFilter)
export class PageController {
  private readonly files = readFiles();

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  @Get()
  page(@Req() request: PageRequest, @Res() response: object): void {
    this.adapterHost.httpAdapter.setHeader(response, 'Content-Security-Policy', CONTENT_SECURITY_POLICY);
    this.send(this.find(DOCUMENT), request, response);
  }

  @Get('assets/:file')
  asset(@Param('file') name: string, @Req() request: PageRequest, @Res() response: object): void {
    this.send(this.find(name), request, response);
  }

  private find(name: string): PageFile {
    const file = this.files.get(name);
    if (!file) throw new StepcastError('not_found', `there is no asset ${name}`);
    return file;
  }

  /** Asked for again each time, and then mostly answered without a body: a new version is there at once. */
  private send({ text, type, etag }: PageFile, { headers }: PageRequest, response: object): void {
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-cache');
    if (matches(headers['if-none-match'], etag)) {
      httpAdapter.reply(response, undefined, 304);
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.reply(response, text, 200);
  }
}

interface PageRequest {
  headers: Record<string, string | string[] | undefined>;
}

/** RFC 9110, section 13.1.2: weak comparison, as a proxy that compresses makes tags weak. */
function matches(header: string | string[] | undefined, etag: string): boolean {
  return String(header ?? '').split(',').map((tag) => tag.trim()).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}

function readFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    files.set(name, { text, type, etag: `"${createHash('sha256').update(text).digest('base64url')}"` });
  }
  return files;
}
