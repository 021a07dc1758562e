/** A form for each step that waits for a person, with the field that fits its schema. */
import { act, make, pretty } from './dom.js';
import { fieldOf, sampleOf } from './schema.js';

/** @typedef {import('./view.js').StepView} StepView */
/** @typedef {import('../contract/json.js').JsonValue} JsonValue */

export class AnswerForms {
  /** Kept while they are out of sight too: a service that restarts asks again, and what was typed is still there. */
  /** @type {Map<string, { question: string, form: HTMLFormElement }>} */
  #forms = new Map();

  /**
   * @param {HTMLElement} root
   * @param {(stepId: string, value: JsonValue) => Promise<void>} send
   */
  constructor(root, send) {
    this.root = root;
    this.send = send;
  }

  clear() {
    this.#forms.clear();
    this.root.replaceChildren();
  }

  /** @param {StepView[]} waiting */
  draw(waiting) {
    const wanted = waiting.map((step) => this.#formOf(step));
    for (const child of [...this.root.children]) if (!wanted.includes(/** @type {HTMLFormElement} */ (child))) child.remove();
    for (const form of wanted) if (!form.isConnected) this.root.append(form);
  }

  /** @param {StepView} step */
  #formOf(step) {
    const question = JSON.stringify([step.prompt, step.schema]);
    const known = this.#forms.get(step.id);
    if (known?.question === question) return known.form;
    const form = this.#build(step);
    this.#forms.set(step.id, { question, form });
    return form;
  }

  /** @param {StepView} step */
  #build({ id, name, prompt, schema }) {
    const errors = make('div', { className: 'error', hidden: true });
    errors.setAttribute('role', 'alert');
    const label = prompt || `${name} waits for an answer`;
    const field = fieldFor(schema, `answer-${id}`);
    const buttons = field.choices.map(({ text, value }, i) => {
      const button = make('button', { type: 'submit', textContent: text, className: i === 0 ? '' : 'quiet' });
      button.addEventListener('click', (event) => {
        event.preventDefault();
        void act(buttons, errors, async () => this.send(id, value()));
      });
      return button;
    });
    const heading = field.input ? make('label', { htmlFor: field.input.id }, label) : make('p', { className: 'label' }, label);
    const form = make('form', { className: 'answer' }, heading, ...(field.input ? [field.input] : []), errors, make('div', { className: 'line' }, ...buttons));
    form.setAttribute('aria-label', `Answer for ${name}`);
    form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
    return form;
  }
}

/**
 * The field for a schema, and its buttons with the values they send.
 * @param {JsonValue | undefined} schema
 * @param {string} id
 * @returns {{ input?: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, choices: { text: string, value: () => JsonValue }[] }}
 */
function fieldFor(schema, id) {
  switch (fieldOf(schema)) {
    case 'boolean':
      return { choices: [{ text: 'Yes', value: () => true }, { text: 'No', value: () => false }] };
    case 'choice': {
      const { enum: values } = /** @type {{ enum: JsonValue[] }} */ (/** @type {unknown} */ (schema));
      const input = make('select', { id }, ...values.map((value, i) => make('option', { value: String(i) }, pretty(value))));
      return { input, choices: [{ text: 'Answer', value: () => values[input.selectedIndex] ?? null }] };
    }
    case 'number': {
      const input = make('input', { id, type: 'number', step: 'any' });
      return { input, choices: [{ text: 'Answer', value: () => numberOf(input) }] };
    }
    case 'text': {
      const input = make('textarea', { id, rows: 3 });
      return { input, choices: [{ text: 'Answer', value: () => input.value }] };
    }
    default: {
      const input = make('textarea', { id, rows: 4, className: 'code', spellcheck: false, value: schema === undefined ? '""' : pretty(sampleOf(schema)) });
      return { input, choices: [{ text: 'Answer', value: () => parseJson(input.value, 'The answer') }] };
    }
  }
}

/** @param {HTMLInputElement} input */
function numberOf(input) {
  if (Number.isNaN(input.valueAsNumber)) throw new Error('Type a number.');
  return input.valueAsNumber;
}

/**
 * @param {string} text
 * @param {string} what
 * @returns {JsonValue}
 */
export function parseJson(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is no valid JSON: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}
