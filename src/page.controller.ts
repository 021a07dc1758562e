/** The dashboard of the standalone service at `/`. The page and its files are public: they hold no data, and ask the user for a key. */
import { Controller, Get, Param, Req, Res, StreamableFile, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type DashboardFile, DashboardFiles } from './dashboard.files.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';

/**
 * Narrower than what the rest of the service is sent with: nothing inline, nothing from elsewhere, no strings that
 * become markup, and no form that a browser sends by itself: a page whose script failed to load must not put the key
 * that is typed into it into an address.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join('; ');

/** Asked for again each time, and then mostly answered without a body: a new version is there at once. */
const FRESH = 'no-cache';
/** Their names change with what is in them. */
const FOREVER = 'public, max-age=31536000, immutable';

@Controller()
@UseFilters(ProblemFilter)
export class PageController {
  constructor(
    private readonly files: DashboardFiles,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  async page(@Req() request: PageRequest, @Res() response: object): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    // Addresses in the page are relative to it: without the slash, as below a prefix of the app, they would lead beside it.
    const [path = '', query] = (request.originalUrl ?? request.url).split('?', 2);
    if (!path.endsWith('/')) {
      httpAdapter.redirect(response, 308, `${path.slice(path.lastIndexOf('/') + 1)}/${query === undefined ? '' : `?${query}`}`);
      return;
    }
    const file = await this.files.document();
    httpAdapter.setHeader(response, 'Content-Security-Policy', CONTENT_SECURITY_POLICY);
    this.send(file, FRESH, request, response);
  }

  @Get('assets/:file')
  async asset(@Param('file') name: string, @Req() request: PageRequest, @Res() response: object): Promise<void> {
    this.send(await this.files.asset(name), FOREVER, request, response);
  }

  private send({ type, plain, gzipped }: DashboardFile, caching: string, { headers }: PageRequest, response: object): void {
    const { httpAdapter } = this.adapterHost;
    const takesGzip = gzipped !== undefined && takes(headers['accept-encoding'], 'gzip');
    const { bytes, etag } = takesGzip ? gzipped : plain;
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', caching);
    httpAdapter.setHeader(response, 'Vary', 'Accept-Encoding');
    if (matches(headers['if-none-match'], etag)) {
      httpAdapter.reply(response, undefined, 304);
      return;
    }
    if (takesGzip) httpAdapter.setHeader(response, 'Content-Encoding', 'gzip');
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.reply(response, new StreamableFile(bytes, { type, length: bytes.length }), 200);
  }
}

interface PageRequest {
  url: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** RFC 9110, section 12.5.3: named, and not with the weight 0. */
function takes(header: string | string[] | undefined, coding: string): boolean {
  return String(header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.trim().split(/\s*;\s*/);
    return name.toLowerCase() === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/i.test(parameter));
  });
}

/** RFC 9110, section 13.1.2: weak comparison, as a proxy that compresses makes tags weak. */
function matches(header: string | string[] | undefined, etag: string): boolean {
  return String(header ?? '').split(',').map((tag) => tag.trim()).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}
