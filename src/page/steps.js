/* global document */
/** The step tree: a row a step, drawn anew only where the step is another than before. */
import { duration, make, pretty, setText } from './dom.js';
import { placeOf } from './view.js';

/** @typedef {import('./view.js').StepView} StepView */

/** Characters of a step's text that are shown; the end of it, which is where it grows. */
const SHOWN_TEXT = 50_000;
const SHOWN_OUTPUT = 20_000;
/** Pixels from its end within which a box counts as read to the end, and is kept there. */
const AT_END = 24;

export class StepTree {
  /** @type {Map<string, StepRow>} */
  #rows = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  clear() {
    this.#rows.clear();
    this.root.replaceChildren();
  }

  /** @param {Map<string, StepView>} steps */
  draw(steps) {
    for (const [id, row] of this.#rows) {
      if (steps.has(id)) continue;
      row.item.remove();
      this.#rows.delete(id);
    }
    /** @type {TextBox[]} */
    const written = [];
    for (const step of steps.values()) {
      let row = this.#rows.get(step.id);
      if (row?.step === step) continue;
      if (!row) this.#rows.set(step.id, (row = this.#place(step)));
      row.draw(step, written);
    }
    // Looking at sizes after each writing would have the browser lay the page out again each time.
    for (const box of written) box.settle();
  }

  /** Times of the steps that run, by the clock of the service. @param {number} now */
  tick(now) {
    for (const row of this.#rows.values()) row.tick(now);
  }

  /** @param {StepView} step */
  #place(step) {
    const { parent, round } = placeOf(step.id);
    const row = new StepRow(round);
    const above = parent === undefined ? undefined : this.#rows.get(parent);
    (above?.children ?? this.root).append(row.item);
    return row;
  }
}

class StepRow {
  /** @type {StepView | undefined} */
  step;
  children = make('ol', { className: 'steps' });
  #chip = make('span', { className: 'chip' });
  #name = make('span', { className: 'name' });
  #facts = make('span', { className: 'hint' });
  #time = make('span', { className: 'hint time' });
  #error = make('p', { className: 'error', hidden: true });
  #reasoning = new TextBox('Reasoning');
  #text = new TextBox('Text');
  #output = make('pre', { className: 'box', hidden: true, tabIndex: 0 });
  #toggle = make('button', { type: 'button', className: 'quiet small', textContent: 'Output', hidden: true });

  /** @param {number | undefined} round */
  constructor(round) {
    this.round = round;
    this.item = make(
      'li', {},
      make('div', { className: 'line' }, this.#chip, this.#name, this.#facts, this.#toggle, this.#time),
      this.#error, this.#output, this.#reasoning.element, this.#text.element, this.children,
    );
    this.#output.setAttribute('aria-label', 'Output');
    this.#toggle.setAttribute('aria-expanded', 'false');
    this.#toggle.onclick = () => {
      this.#toggle.setAttribute('aria-expanded', String(this.#output.hidden));
      this.#output.hidden = !this.#output.hidden;
      this.#drawOutput();
    };
  }

  /**
   * @param {StepView} step
   * @param {TextBox[]} written takes the boxes whose text is another now
   */
  draw(step, written) {
    // The time of a step that goes on is the clock's to tell.
    if (step.durationMs !== undefined) setText(this.#time, duration(step.durationMs));
    else if (step.startedAt !== this.step?.startedAt) setText(this.#time, '');
    this.step = step;
    this.item.dataset.status = step.status;
    this.#chip.dataset.status = step.status;
    setText(this.#chip, step.status);
    setText(this.#name, this.round === undefined ? step.name : `${step.name} [${this.round}]`);
    setText(this.#facts, factsOf(step).join(' · '));
    this.#error.hidden = step.error === undefined;
    setText(this.#error, step.error?.message ?? '');
    if (this.#reasoning.draw(step.reasoning)) written.push(this.#reasoning);
    if (this.#text.draw(step.text)) written.push(this.#text);
    this.#toggle.hidden = !hasOutput(step);
    this.#toggle.setAttribute('aria-label', `Output of ${step.name}`);
    this.#output.hidden ||= this.#toggle.hidden;
    this.#drawOutput();
    this.#text.element.dataset.live = String(step.status === 'running');
  }

  /** @param {number} now */
  tick(now) {
    const { step } = this;
    if (!step?.startedAt || step.finishedAt || step.status === 'pending') return;
    setText(this.#time, duration(now - Date.parse(step.startedAt)));
  }

  #drawOutput() {
    if (this.#output.hidden) return;
    const text = pretty(this.step?.output ?? null);
    setText(this.#output, text.length > SHOWN_OUTPUT ? `${text.slice(0, SHOWN_OUTPUT)}\n… ${text.length - SHOWN_OUTPUT} characters more` : text);
  }
}

/**
 * Whether there is an output to show that is not shown already: of a step that streamed its text, or of those below one.
 * @param {StepView} step
 */
function hasOutput({ type, output, text }) {
  return (type === 'agent' || type === 'input') && output !== undefined && output !== null && output !== text;
}

/** @param {StepView} step */
function factsOf({ type, attempt, status, progress, note, retryInMs, roundsForgotten }) {
  const facts = [];
  if (type !== 'agent') facts.push(type);
  if (attempt > 1) facts.push(`attempt ${attempt}`);
  if (status === 'retrying' && retryInMs !== undefined) facts.push(`again after ${duration(retryInMs)}`);
  if (status === 'running' && progress !== undefined) facts.push(note ? `${Math.round(progress * 100)} %, ${note}` : `${Math.round(progress * 100)} %`);
  if (roundsForgotten !== undefined) facts.push(roundsForgotten === 1 ? 'round 1 is not shown' : `rounds 1 to ${roundsForgotten} are not shown`);
  return facts;
}

/** Text that grows: what is new is put at its end, and a reader who is at its end stays there. */
class TextBox {
  #node = document.createTextNode('');
  /** Where in the whole text what is shown begins, and what of it is. */
  #from = 0;
  #shown = '';
  #follows = true;

  /** @param {string} label */
  constructor(label) {
    this.element = make('pre', { className: 'box streamed', hidden: true }, this.#node);
    this.element.setAttribute('aria-label', label);
    this.element.onscroll = ({ target }) => {
      const { scrollHeight, scrollTop, clientHeight } = /** @type {Element} */ (target);
      this.#follows = scrollHeight - scrollTop - clientHeight < AT_END;
    };
  }

  /**
   * @param {string} text
   * @returns whether it is another than before
   */
  draw(text) {
    if (text === this.#shown) return false;
    const grows = this.#shown !== '' && text.startsWith(this.#shown);
    this.#follows ||= !grows;
    if (grows && text.length - this.#from <= 2 * SHOWN_TEXT) {
      this.#node.appendData(text.slice(this.#shown.length));
    } else {
      this.#from = Math.max(0, text.length - SHOWN_TEXT);
      this.#node.data = this.#from === 0 ? text : `… ${this.#from} characters before\n${text.slice(this.#from)}`;
    }
    this.#shown = text;
    this.element.hidden = text === '';
    return true;
  }

  settle() {
    const { element } = this;
    const { scrollHeight, clientHeight } = element;
    if (this.#follows) element.scrollTop = scrollHeight;
    // What scrolls has to be reachable by keyboard.
    if (scrollHeight > clientHeight) element.tabIndex = 0;
  }
}
