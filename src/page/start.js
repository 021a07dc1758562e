/* global crypto, File, HTMLElement, HTMLButtonElement, HTMLInputElement, HTMLTextAreaElement, HTMLFormElement */
/** The form that starts a workflow of the list, or a definition typed in. */
import { parseJson } from './answers.js';
import { act, byId, make, pretty } from './dom.js';
import { DEFINITION, TEXT } from './samples.js';
import { sampleOf, takesText } from './schema.js';

/** @typedef {{ name: string, description: string | null, inputSchema: import('../contract/json.js').JsonValue }} Workflow */

const OWN = { name: '', description: 'Run a definition without storing it', inputSchema: DEFINITION.inputSchema };

export class StartForm {
  #form = byId('start', HTMLFormElement);
  #button = byId('start-button', HTMLButtonElement);
  #errors = byId('start-error', HTMLElement);
  #definition = byId('definition', HTMLTextAreaElement);
  #text = byId('text', HTMLTextAreaElement);
  #file = byId('file', HTMLInputElement);
  #input = byId('input', HTMLTextAreaElement);
  /** @type {Workflow} */
  #chosen = OWN;
  /** What was sent and not answered: sent again it must not start twice. @type {{ path: string, body: string, key: string } | undefined} */
  #unanswered;

  /**
   * @param {import('./api.js').Api} api
   * @param {(id: string, workflow: string) => void} onStarted
   */
  constructor(api, onStarted) {
    this.api = api;
    this.#definition.value = pretty(DEFINITION);
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      void act([this.#button], this.#errors, async () => {
        const { path, body, workflow } = this.#request();
        const { id } = await this.#send(path, body);
        onStarted(id, workflow);
      });
    };
    this.#file.onchange = () => act([], this.#errors, async () => {
      const file = this.#file.files?.[0];
      if (file instanceof File) this.#text.value = await file.text();
    });
  }

  /** @param {Workflow[]} workflows */
  list(workflows) {
    const all = [...workflows, OWN];
    byId('workflows', HTMLElement).replaceChildren(...all.map((workflow) => {
      const radio = make('input', { type: 'radio', name: 'workflow', value: workflow.name });
      radio.onchange = () => this.#choose(workflow);
      return make('label', { className: 'choice' }, radio, make('span', {}, make('b', {}, workflow.name || 'A definition of your own'), make('span', { className: 'hint' }, workflow.description ?? '')));
    }));
    const first = byId('workflows', HTMLElement).querySelector('input');
    if (first) first.checked = true;
    this.#choose(all[0] ?? OWN);
  }

  /** @param {Workflow} workflow */
  #choose(workflow) {
    this.#chosen = workflow;
    const { inputSchema } = workflow;
    const withText = takesText(inputSchema);
    byId('definition-field', HTMLElement).hidden = workflow !== OWN;
    byId('text-field', HTMLElement).hidden = !withText;
    byId('input-label', HTMLElement).textContent = withText ? 'Further input, as JSON' : 'Input, as JSON';
    const sample = inputSchema === null ? {} : sampleOf(inputSchema);
    if (withText && sample !== null && typeof sample === 'object' && !Array.isArray(sample)) {
      delete sample.text;
      this.#text.value ||= TEXT;
    }
    this.#input.value = pretty(sample);
  }

  /** What the form says. @throws {Error} where it is no JSON. */
  #request() {
    let input = parseJson(this.#input.value.trim() || 'null', 'The input');
    if (!byId('text-field', HTMLElement).hidden) {
      if (input === null || typeof input !== 'object' || Array.isArray(input)) throw new Error('The further input must be a JSON object, such as {}.');
      input = { text: this.#text.value, ...input };
    }
    const { name } = this.#chosen;
    if (this.#chosen !== OWN) return { path: `workflows/${encodeURIComponent(name)}/executions`, body: { input }, workflow: name };
    const workflow = parseJson(this.#definition.value, 'The definition');
    return { path: 'executions', body: { workflow, input }, workflow: /** @type {{ name?: string } | null} */ (workflow)?.name ?? '' };
  }

  /**
   * @param {string} path
   * @param {object} content
   */
  async #send(path, content) {
    const body = JSON.stringify(content);
    if (this.#unanswered?.path !== path || this.#unanswered.body !== body) this.#unanswered = { path, body, key: newKey() };
    try {
      const started = await this.api.post(path, content, { 'Idempotency-Key': this.#unanswered.key });
      this.#unanswered = undefined;
      return started;
    } catch (error) {
      if (/** @type {import('./api.js').ApiError} */ (error).status !== 0) this.#unanswered = undefined;
      throw error;
    }
  }
}

/** Random; `crypto.randomUUID` is not there where the page comes by plain http from another machine. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
