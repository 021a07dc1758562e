/** The dashboard in a real Chromium, and where its build is: beside the service's main file, which `STEPCAST_E2E_MAIN` may name. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { KEYS, type User } from './client.js';

const FOLDER = resolve(dirname(resolve(process.env['STEPCAST_E2E_MAIN'] ?? 'dist/main.js')), 'dashboard');
/** Milliseconds that anything on the page may take on a busy machine; a bound for failures. */
const PATIENCE_MS = 60_000;

/** @throws where it is not built. */
export function dashboardFolder(): URL {
  if (!existsSync(resolve(FOLDER, 'index.html'))) throw new Error(`${FOLDER} is not built; run "npm run build" (npm test does)`);
  return pathToFileURL(`${FOLDER}/`);
}

// What runs in the page is text here: tests are checked without the types of a browser.
const WATCH_POLICY = `
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => void tellViolation(violatedDirective + ' ' + blockedURI + ' ' + sample));
`;
const READ_EVENTS = `(async () => {
  const element = document.querySelector('.event-scroller');
  const byPlace = new Map();
  let mostRows = 0;
  for (let top = 0; top < element.scrollHeight; top += element.clientHeight) {
    element.scrollTop = top;
    for (let covers = false; !covers;) {
      await new Promise((drawn) => requestAnimationFrame(drawn));
      const bottom = Math.min(element.scrollTop + element.clientHeight, element.scrollHeight);
      const rows = [...element.querySelectorAll('.event-row')].map((row) => [new DOMMatrix(row.style.transform).f, row.offsetHeight, Number(row.dataset.seq)]);
      const inSight = rows.filter(([place, height]) => place + height > element.scrollTop && place < bottom);
      covers = inSight.length >= Math.floor((bottom - element.scrollTop) / rows[0][1]);
      mostRows = Math.max(mostRows, rows.length);
      for (const [place, , seq] of rows) byPlace.set(place, seq);
    }
  }
  return { seqs: [...byPlace].sort(([a], [b]) => a - b).map(([, seq]) => seq), mostRows };
})()`;

/** Keeps what the canvases of the charts say since each was cleared last. */
export const WATCH_CHARTS = `{
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  globalThis.chartTexts = new Map();
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    chartTexts.set(this.canvas, []);
    return clearRect.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, ...more) {
    const share = { center: 0.5, right: 0, end: 0 }[this.textAlign] ?? 1;
    chartTexts.get(this.canvas)?.push({ text, right: x + share * this.measureText(text).width + this.getTransform().e });
    return fillText.call(this, text, x, ...more);
  };
}`;
/** What each of them says now, and where it ends; pixels of the canvas. */
export const CHART_TEXTS = '[...chartTexts].filter(([canvas]) => canvas.isConnected).map(([{ width }, texts]) => ({ width, texts }))';

/** A page of the dashboard, with all that it should not have said or done. */
export class DashboardPage {
  /** Messages of errors and warnings, thrown errors, violations of the policy, dialogs, and windows it opened. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page, readonly base: string) {}

  /** Opens it in a context of its own, for nobody yet. */
  static async open(browser: Browser, base: string, options: BrowserContextOptions = {}): Promise<DashboardPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const dashboard = new DashboardPage(page, base);
    const { complaints } = dashboard;
    await page.exposeFunction('tellViolation', (what: string) => void complaints.push(`policy: ${what}`));
    await page.addInitScript({ content: WATCH_POLICY });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`thrown: ${error.stack ?? error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on('page', (other) => complaints.push(`window: ${other.url()}`));
    await page.goto(`${base}/`);
    return dashboard;
  }

  static async signedIn(browser: Browser, base: string, user: User = 'alice', options: BrowserContextOptions = {}): Promise<DashboardPage> {
    const dashboard = await DashboardPage.open(browser, base, options);
    await dashboard.signIn(user);
    return dashboard;
  }

  async signIn(user: User): Promise<void> {
    await this.page.getByLabel('API key').fill(KEYS[user]);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Main' }).waitFor();
  }

  /** @param path Behind the `#`. */
  async go(path: string): Promise<void> {
    await this.page.goto(`${this.base}/#/${path}`);
  }

  execution(id: string, tab = ''): Promise<void> {
    return this.go(`executions/${id}${tab === '' ? '' : `/${tab}`}`);
  }

  /** The status in the head of the execution that is shown, when it is that one. */
  async whenStatus(status: string): Promise<void> {
    await this.page.locator(`.execution[data-status="${status}"]`).waitFor();
  }

  /** The seqs in the table of events, by their places in it, from scrolling through all of it; and the most rows that were drawn at once. */
  async readEvents(): Promise<{ seqs: number[]; mostRows: number }> {
    await this.page.locator('.event-scroller .event-row').first().waitFor();
    return this.page.evaluate<{ seqs: number[]; mostRows: number }>(READ_EVENTS);
  }

  /** A `data-` attribute of each element that a selector finds, in order. */
  dataOf(selector: string, name: string): Promise<(string | undefined)[]> {
    return this.page.evaluate<(string | undefined)[]>(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.dataset[${JSON.stringify(name)}])`);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
