/* global clearInterval, clearTimeout, document, setInterval, location, HTMLElement, HTMLButtonElement */
/** One's recent executions, looked at anew now and then. */
import { byId, make } from './dom.js';

const PAGE = 10;
const REFRESH_MS = 10_000;
const SOON_MS = 500;

export class RecentList {
  #list = byId('recent', HTMLElement);
  #more = byId('more', HTMLButtonElement);
  #note = byId('recent-note', HTMLElement);
  #limit = PAGE;
  #refreshing = false;
  #pending = 0;

  /**
   * @param {import('./api.js').Api} api
   * @param {{ onUnauthenticated: (message: string) => void }} hooks
   */
  constructor(api, hooks) {
    this.api = api;
    this.hooks = hooks;
    this.#more.onclick = () => {
      this.#limit = Math.min(200, this.#limit + 4 * PAGE);
      void this.refresh();
    };
    this.timer = setInterval(() => document.hidden || this.refreshSoon(), REFRESH_MS);
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.#pending);
    this.#list.replaceChildren();
  }

  /** After something has changed; changes that come together cost one request. */
  refreshSoon() {
    this.#pending ||= setTimeout(() => {
      this.#pending = 0;
      void this.refresh();
    }, SOON_MS);
  }

  async refresh() {
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      const { executions, nextCursor } = await this.api.get(`executions?limit=${this.#limit}`);
      this.#note.hidden = executions.length > 0;
      this.#note.textContent = 'None yet.';
      this.#more.hidden = nextCursor === null || this.#limit >= 200;
      this.#draw(executions);
    } catch (error) {
      const { status, message } = /** @type {import('./api.js').ApiError} */ (error);
      if (status === 401) this.hooks.onUnauthenticated(message);
      this.#note.hidden = false;
      this.#note.textContent = message;
    } finally {
      this.#refreshing = false;
    }
  }

  /** Marks the one that is shown. @param {string} id */
  mark(id) {
    for (const link of this.#list.querySelectorAll('a')) {
      if (link.dataset.id === id) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  /** Rows are changed in place, so that the focus stays where it is. @param {any[]} executions */
  #draw(executions) {
    const links = new Map([...this.#list.querySelectorAll('a')].map((link) => [link.dataset.id, link]));
    const items = executions.map((execution) => {
      const link = links.get(execution.id) ?? linkTo(execution);
      const chip = /** @type {HTMLElement} */ (link.lastElementChild);
      chip.dataset.status = execution.status;
      chip.textContent = execution.queuePosition ? `${execution.status}, ${execution.queuePosition}. in line` : execution.status;
      return link.parentElement ?? make('li', {}, link);
    });
    items.forEach((item, i) => {
      if (this.#list.children[i] !== item) this.#list.insertBefore(item, this.#list.children[i] ?? null);
    });
    while (this.#list.children.length > items.length) this.#list.lastElementChild?.remove();
    this.mark(location.hash.slice(1));
  }
}

/** @param {any} execution */
function linkTo({ id, workflow, createdAt, user }) {
  const time = make('time', { className: 'hint', dateTime: createdAt }, `${new Date(createdAt).toLocaleString()}${user === undefined ? '' : ` · ${user}`}`);
  const link = make('a', { href: `#${id}` }, make('span', {}, make('b', {}, workflow), time), make('span', { className: 'chip' }));
  link.dataset.id = id;
  return link;
}
