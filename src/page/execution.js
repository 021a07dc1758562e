/* global clearInterval, document, innerHeight, requestAnimationFrame, matchMedia, setInterval, HTMLElement, HTMLButtonElement, HTMLDetailsElement */
/**
 * The live view of one execution. Events are folded as they come and drawn once a frame, so that a flood of them costs
 * no more than a trickle.
 */
import { AnswerForms } from './answers.js';
import { act, byId, duration, make, pretty, setText, showError } from './dom.js';
import { StepTree } from './steps.js';
import { ExecutionStream } from './stream.js';
import { applyEvent, newView } from './view.js';

const LOG_LENGTH = 500;
const SHOWN_DATA = 200;
const SHOWN_RESULT = 200_000;
const TICK_MS = 500;

const FINISHED = new Set(['completed', 'failed', 'cancelled']);
const WORDS = { queued: 'is queued', running: 'is running', waiting: 'waits for your answer', completed: 'has completed', failed: 'has failed', cancelled: 'was cancelled' };

export class ExecutionPanel {
  #panel = byId('execution', HTMLElement);
  #title = byId('execution-title', HTMLElement);
  #status = byId('status', HTMLElement);
  #cancel = byId('cancel', HTMLButtonElement);
  #retryNow = byId('retry-now', HTMLButtonElement);
  #errors = byId('execution-error', HTMLElement);
  #log = byId('log', HTMLElement);
  #tree = new StepTree(byId('steps', HTMLElement));
  #answers = new AnswerForms(byId('answers', HTMLElement), async (stepId, value) => {
    await this.api.post(`executions/${this.#view.id}/input`, { stepId, value });
  });
  #view = newView('');
  /** Rows for the log that no frame has drawn yet. @type {import('../contract/events.js').ExecutionEvent[]} */
  #unlogged = [];
  /** @type {ExecutionStream | undefined} */
  #stream;
  /** False while a frame is asked for that will draw what is new. */
  #drawn = true;
  /** How far the clock here is ahead of that of the service, at most: an event is never here before it was made. */
  #aheadMs = Infinity;

  /**
   * @param {import('./api.js').Api} api
   * @param {{ onStatus: (status: string) => void, onUnauthenticated: (message: string) => void, onRefused: (error: unknown) => void }} hooks
   */
  constructor(api, hooks) {
    this.api = api;
    this.hooks = hooks;
    byId('log-details', HTMLDetailsElement).open = matchMedia('(min-width: 60rem)').matches;
    this.#cancel.onclick = () => act([this.#cancel], this.#errors, () => this.api.post(`executions/${this.#view.id}/cancel`, {}));
    this.#retryNow.onclick = () => this.retryNow();
    this.ticking = setInterval(() => this.#tree.tick(Date.now() - this.#aheadMs), TICK_MS);
  }

  /** The one that is shown; empty where none is. */
  get id() {
    return this.#view.id;
  }

  /**
   * @param {string} id
   * @param {string} [workflow]
   */
  open(id, workflow) {
    this.#leave();
    this.#view = newView(id, workflow);
    this.#aheadMs = Infinity;
    this.#panel.hidden = false;
    this.#draw();
    const stream = new ExecutionStream({
      url: this.api.url(`executions/${encodeURIComponent(id)}/stream`),
      headers: this.api.headers,
      onEvent: (event) => this.#take(event),
      onConnection: (connection) => this.#drawConnection(connection),
    });
    this.#stream = stream;
    stream.run().catch((error) => {
      if (this.#stream !== stream) return;
      this.#drawConnection({ state: 'ended' });
      if (error.status === 401) this.hooks.onUnauthenticated(error.message);
      else if (this.#view.lastSeq === 0) this.hooks.onRefused(error);
      else showError(this.#errors, error);
    });
  }

  retryNow() {
    this.#stream?.retryNow();
  }

  focus() {
    this.#title.focus({ preventScroll: true });
    const { top } = this.#panel.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 3) this.#panel.scrollIntoView();
  }

  /** Shows none. */
  hide() {
    this.#leave();
    this.#panel.hidden = true;
    document.title = 'Stepcast';
  }

  close() {
    this.hide();
    clearInterval(this.ticking);
  }

  #leave() {
    this.#stream?.close();
    this.#stream = undefined;
    this.#view = newView('');
    this.#unlogged = [];
    this.#tree.clear();
    this.#answers.clear();
    this.#log.replaceChildren();
    showError(this.#errors);
  }

  /** @param {import('../contract/events.js').ExecutionEvent} event */
  #take(event) {
    const before = this.#view.status;
    applyEvent(this.#view, event);
    this.#aheadMs = Math.min(this.#aheadMs, Date.now() - Date.parse(event.timestamp));
    this.#unlogged.push(event);
    if (this.#unlogged.length > 2 * LOG_LENGTH) this.#unlogged.splice(0, LOG_LENGTH);
    if (this.#view.status !== before) this.hooks.onStatus(`${this.#view.workflow} ${WORDS[this.#view.status]}`);
    if (this.#drawn) requestAnimationFrame(() => this.#draw());
    this.#drawn = false;
  }

  #draw() {
    this.#drawn = true;
    const view = this.#view;
    const percent = Math.floor(view.progress * 100);
    const finished = FINISHED.has(view.status);
    document.title = `${finished || view.status === 'queued' ? view.status : `${percent} %`} · ${view.workflow || 'Execution'} · Stepcast`;
    setText(this.#title, view.workflow || 'Execution');
    setText(this.#status, view.status);
    this.#status.dataset.status = view.status;
    const focused = document.activeElement;
    this.#cancel.hidden = finished;
    const progress = byId('progress', HTMLElement);
    progress.setAttribute('aria-valuenow', String(percent));
    progress.dataset.status = view.status;
    byId('progress-bar', HTMLElement).style.width = `${view.progress * 100}%`;
    setText(byId('facts', HTMLElement), this.#facts());
    this.#answers.draw(finished ? [] : [...view.steps.values()].filter((step) => step.status === 'waiting'));
    // Whoever pressed what is gone now is not sent back to the top of the page.
    if (focused === this.#cancel ? finished : focused && !focused.isConnected) this.#title.focus();
    this.#drawOutcome();
    this.#tree.draw(view.steps);
    this.#drawLog();
  }

  #facts() {
    const { id, startedAt, finishedAt, lastSeq, progress } = this.#view;
    const facts = [`${Math.floor(progress * 100)} %`];
    if (startedAt) facts.push(`started ${new Date(startedAt).toLocaleString()}`);
    if (startedAt && finishedAt) facts.push(`took ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`);
    facts.push(lastSeq === 1 ? '1 event' : `${lastSeq} events`, id);
    return facts.join(' · ');
  }

  #drawOutcome() {
    const { status, result, error, reason } = this.#view;
    const outcome = byId('outcome', HTMLElement);
    outcome.hidden = !FINISHED.has(status);
    if (outcome.hidden) return;
    const [title, text] = status === 'completed'
      ? ['Result', pretty(result)]
      : status === 'failed' ? ['Error', `${error?.code}: ${error?.message}${error?.stepId ? ` (step ${error.stepId})` : ''}`] : ['Cancelled', reason ?? ''];
    setText(byId('outcome-title', HTMLElement), title);
    const box = byId('outcome-text', HTMLElement);
    box.dataset.status = status;
    setText(box, text.length > SHOWN_RESULT ? `${text.slice(0, SHOWN_RESULT)}\n… ${text.length - SHOWN_RESULT} characters more` : text);
  }

  /** @param {import('./stream.js').Connection} connection */
  #drawConnection(connection) {
    const text = {
      connecting: 'Connecting …', live: 'Live', ended: '',
      waiting: `The line was cut; trying again in ${connection.state === 'waiting' ? duration(connection.delayMs) : ''}.`,
    }[connection.state];
    setText(byId('connection-text', HTMLElement), text);
    byId('connection', HTMLElement).dataset.state = connection.state;
    byId('connection', HTMLElement).hidden = connection.state === 'ended';
    this.#retryNow.hidden = connection.state !== 'waiting';
  }

  #drawLog() {
    const news = this.#unlogged.slice(-LOG_LENGTH);
    this.#unlogged = [];
    const { lastSeq } = this.#view;
    setText(byId('log-title', HTMLElement), lastSeq > LOG_LENGTH ? `Events (the last ${LOG_LENGTH} of ${lastSeq})` : `Events (${lastSeq})`);
    if (!news.length) return;
    const log = this.#log;
    const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    log.append(...news.map(rowOf));
    while (log.children.length > LOG_LENGTH) log.firstElementChild?.remove();
    if (follows) log.scrollTop = log.scrollHeight;
  }
}

/** @param {import('../contract/events.js').ExecutionEvent} event */
function rowOf({ seq, type, timestamp, step, message, data }) {
  const json = JSON.stringify(type === 'step_output' ? data.delta : data);
  const row = make(
    'div', {},
    make('span', { className: 'seq' }, String(seq)),
    make('time', { dateTime: timestamp }, timestamp.slice(11, 23)),
    make('b', {}, type),
    ...(step ? [make('span', {}, step.id)] : []),
    make('span', { className: 'hint' }, message ?? (json.length > SHOWN_DATA ? `${json.slice(0, SHOWN_DATA)} …` : json)),
  );
  row.dataset.type = type;
  return row;
}
