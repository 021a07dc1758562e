/* global document, window, location, history, sessionStorage, Headers, HTMLElement, HTMLFormElement, HTMLInputElement, HTMLButtonElement */
/**
 * The page of the standalone service: sign in, start a workflow, watch it. What is open stands in the address (`#<id>`),
 * so that reloading, going back and opening a second tab work; the key never does: it is in this tab's session storage.
 */
import { Api } from './api.js';
import { act, byId, showError } from './dom.js';
import { ExecutionPanel } from './execution.js';
import { RecentList } from './recent.js';
import { StartForm } from './start.js';

const STORED_KEY = 'stepcast.key';
const EXECUTION_ID = /^#([\w-]{1,64})$/;

const signIn = byId('sign-in', HTMLFormElement);
const key = byId('key', HTMLInputElement);
const signInError = byId('sign-in-error', HTMLElement);
const announcer = byId('announcer', HTMLElement);

/** @type {{ panel: ExecutionPanel, recent: RecentList } | undefined} */
let session;

/** @param {string} value */
async function enter(value) {
  const api = new Api(value);
  const { workflows } = await api.get('workflows');
  sessionStorage.setItem(STORED_KEY, value);
  const hooks = { onStatus, onUnauthenticated: leave, onRefused: showNothing };
  const start = new StartForm(api, (id, workflow) => {
    open(id, workflow);
    session?.panel.focus();
  });
  session = { panel: new ExecutionPanel(api, hooks), recent: new RecentList(api, hooks) };
  start.list(workflows);
  show(true);
  void session.recent.refresh();
  followAddress();
}

/** Back to the sign-in; `message` says why, where nobody asked for it. @param {string} [message] */
function leave(message) {
  sessionStorage.removeItem(STORED_KEY);
  session?.panel.close();
  session?.recent.close();
  session = undefined;
  show(false);
  showError(signInError, message === undefined ? undefined : { message });
}

/** @param {boolean} signedIn */
function show(signedIn) {
  signIn.hidden = signedIn;
  byId('console', HTMLElement).hidden = !signedIn;
  byId('sign-out', HTMLElement).hidden = !signedIn;
  showNothing();
  key.value = '';
  if (!signedIn) key.focus();
}

/**
 * @param {string} id
 * @param {string} [workflow]
 */
function open(id, workflow) {
  if (!session) return;
  if (location.hash !== `#${id}`) history.pushState(null, '', `#${id}`);
  byId('nothing', HTMLElement).hidden = true;
  session.panel.open(id, workflow);
  session.recent.mark(id);
  session.recent.refreshSoon();
}

function followAddress() {
  const id = EXECUTION_ID.exec(location.hash)?.[1];
  if (!session || session.panel.id === (id ?? '')) return;
  if (id === undefined) return showNothing();
  open(id);
  session.panel.focus();
}

/** What stands in place of an execution, where none is open; `error` says why not. @param {unknown} [error] */
function showNothing(error) {
  session?.panel.hide();
  session?.recent.mark('');
  byId('nothing', HTMLElement).hidden = false;
  showError(byId('open-error', HTMLElement), error);
}

/** @param {string} text */
function onStatus(text) {
  announcer.textContent = text;
  session?.recent.refreshSoon();
}

signIn.addEventListener('submit', (event) => {
  event.preventDefault();
  void act([/** @type {HTMLButtonElement} */ (signIn.querySelector('button'))], signInError, async () => {
    const value = key.value.trim();
    try {
      new Headers({ 'X-API-Key': value });
    } catch {
      throw new Error('This can be no key: it holds characters that keys do not have.');
    }
    await enter(value);
  });
});
byId('sign-out', HTMLButtonElement).addEventListener('click', () => {
  history.replaceState(null, '', location.pathname);
  leave();
});
window.addEventListener('hashchange', followAddress);
window.addEventListener('popstate', followAddress);
window.addEventListener('online', () => session?.panel.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || session?.panel.retryNow());

const stored = sessionStorage.getItem(STORED_KEY);
if (stored === null) leave();
else {
  enter(stored).catch((error) => {
    leave(error.message);
    // A service that is just not there does not make the key a wrong one.
    if (error.status !== 401) key.value = stored;
  });
}
