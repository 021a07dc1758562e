/* global document */
/** Small helps with elements. Text goes in as text alone: nothing that a workflow puts out can become markup. */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * A new element with properties and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Writes only what is new: a selection in the text, and the reader's place in it, stay.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * What went wrong, in its place of a form; nothing clears it.
 * @param {HTMLElement} element
 * @param {unknown} [error]
 */
export function showError(element, error) {
  element.hidden = error === undefined;
  if (error === undefined) {
    element.replaceChildren();
    return;
  }
  const { message, faults = [] } = /** @type {{ message: string, faults?: { path: string, message: string }[] }} */ (error);
  element.replaceChildren(message.charAt(0).toUpperCase() + message.slice(1));
  if (faults.length) element.append(make('ul', {}, ...faults.map(({ path, message: fault }) => make('li', {}, path === '' ? fault : `${path} ${fault}`))));
}

/** @param {unknown} value */
export function pretty(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Runs `work` for a press of a button: not twice at once, and with its error in its place.
 * @param {HTMLButtonElement[]} buttons
 * @param {HTMLElement} errors
 * @param {() => Promise<void>} work
 */
export async function act(buttons, errors, work) {
  if (buttons.some((button) => button.getAttribute('aria-disabled') === 'true')) return;
  showError(errors);
  // Not `disabled`: that would take the focus away from who pressed it.
  for (const button of buttons) button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } catch (error) {
    showError(errors, error);
  } finally {
    for (const button of buttons) button.removeAttribute('aria-disabled');
  }
}
