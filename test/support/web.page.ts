/** A page of another origin than the service, as an app's own would be, in a real Chromium. What it writes as an error is kept: no test passes by one unseen. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export interface WebFiles {
  /** One ES module, which finds an empty `<div id="root">`. */
  script: string;
  style?: string;
  /** Of the page itself: what makes it light or dark, say. */
  head?: string;
}

export class WebServer {
  private constructor(private readonly server: Server, private files: WebFiles) {}

  static async start(files: WebFiles): Promise<WebServer> {
    const server = createServer();
    const web = new WebServer(server, files);
    server.on('request', (request, response) => {
      const [type, body] = web.contents[new URL(request.url ?? '/', 'http://localhost').pathname] ?? ['text/plain', ''];
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return web;
  }

  /** Serves other files from now on. */
  serve(files: WebFiles): void {
    this.files = files;
  }

  get base(): string {
    return `${this.origin}/`;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private get contents(): Record<string, [type: string, body: string]> {
    const { script, style = '', head = '' } = this.files;
    return {
      '/': ['text/html', `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>${head}<link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"><main id="root"></main><script type="module" src="/script.js"></script></html>`],
      '/script.js': ['text/javascript', script],
      '/style.css': ['text/css', style],
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What Chromium itself writes when a line is cut or refused, which is what tests do to pages. */
const OF_THE_NETWORK = /^Failed to load resource|net::ERR_/;

export class WebPage {
  readonly errors: string[] = [];
  /** Paths that were asked for with GET, of whatever server. */
  readonly gets: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      const isFault = message.type() === 'error' || message.type() === 'warning';
      if (isFault && !OF_THE_NETWORK.test(message.text())) this.errors.push(message.text());
    });
    page.on('request', (request) => request.method() === 'GET' && this.gets.push(new URL(request.url()).pathname));
  }

  /** @param prepare What is done with it before it goes anywhere. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}, prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<WebPage> {
    const context = await browser.newContext(options);
    const web = new WebPage(await context.newPage());
    web.page.setDefaultTimeout(45_000);
    await prepare(web.page);
    await web.page.goto(url);
    return web;
  }

  /** @throws where the page has written errors. */
  async close(): Promise<void> {
    await this.page.context().close();
    if (this.errors.length) throw new Error(`the page has errors:\n${this.errors.join('\n')}`);
  }
}
