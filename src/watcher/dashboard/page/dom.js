/**
 * Elements, made of names and texts. What comes from the cluster is hostile: it becomes the text of a node or the value of an attribute that nothing is
 * run from, and never markup.
 */

/**
 * The element of the page with this id.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} ${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {readonly (Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A button that does something.
 *
 * @param {string} text
 * @param {() => void} onClick
 * @param {Readonly<Record<string, string>>} attributes
 */
export function button(text, onClick, attributes = {}) {
  const element = make('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', onClick);
  return element;
}

/**
 * Sets a text, if it is another one: what does not change is not announced and not laid out again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 * @param {Tone} tone
 */
export function setPill(element, text, tone) {
  setText(element, text);
  if (element.dataset.tone !== tone) element.dataset.tone = tone;
}

/** @typedef {'good' | 'info' | 'warn' | 'bad' | 'calm'} Tone */

const wholeNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const shortNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** @param {number} value */
export function count(value) {
  return wholeNumber.format(value);
}

/** @param {number} value Of something, each second. */
export function rate(value) {
  return value >= 100 ? wholeNumber.format(value) : shortNumber.format(value);
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return 'now';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
