import { button, byId, count, make, setText } from './dom.js';

/**
 * @typedef {{
 *   type: string,
 *   object: { namespace?: string, name: string },
 *   problem: string,
 *   time: string,
 * }} DeadLetter
 */

/** So many of each subscription are shown, the newest. */
const shown = 20;

/** What could not be delivered, by subscription. */
export class DeadLetters {
  #card = byId('dead-card', HTMLElement);
  #list = byId('dead', HTMLElement);
  #empty = byId('dead-empty', HTMLElement);
  #figure = byId('figure-dead', HTMLElement);
  #onReplay;
  /** What is shown: it is made anew only if it differs, so that the focus stays where it is. */
  #text = '';

  /** @param {(name: string) => void} onReplay */
  constructor(onReplay) {
    this.#onReplay = onReplay;
  }

  /** @param {ReadonlyMap<string, readonly DeadLetter[]> | undefined} letters By subscription; `undefined` if nobody says. */
  show(letters) {
    this.#card.hidden = letters === undefined;
    const figure = this.#figure.parentElement;
    if (figure) figure.hidden = letters === undefined;
    if (!letters) return;
    const groups = [...letters].filter(([, items]) => items.length > 0);
    setText(this.#figure, count(groups.reduce((sum, [, items]) => sum + items.length, 0)));
    this.#empty.hidden = groups.length > 0;
    const text = JSON.stringify(groups);
    if (text === this.#text) return;
    this.#text = text;
    this.#list.replaceChildren(...groups.map(([name, items]) => this.#groupOf(name, items)));
  }

  /** @param {string} name @param {readonly DeadLetter[]} items */
  #groupOf(name, items) {
    const newest = items.slice(-shown).reverse();
    const more =
      items.length > newest.length
        ? [make('p', { class: 'muted' }, `and ${count(items.length - newest.length)} older ones`)]
        : [];
    return make(
      'li',
      {},
      make(
        'div',
        { class: 'line' },
        make('span', { class: 'wide' }, name),
        button(`Replay ${count(items.length)}`, () => this.#onReplay(name), {
          class: 'primary small',
          'aria-label': `Replay ${count(items.length)} dead letters of ${name}`,
        }),
      ),
      make('ul', { class: 'letters' }, ...newest.map(lineOf)),
      ...more,
    );
  }
}

/** @param {DeadLetter} letter */
function lineOf({ type, object, problem, time }) {
  const name = object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
  return make(
    'li',
    {},
    make(
      'div',
      { class: 'line' },
      make('time', { datetime: time }, timeOf(time)),
      make('b', {}, name),
      make('span', { class: 'kind' }, type),
    ),
    make('p', { class: 'problem' }, problem),
  );
}

/** @param {string} time */
function timeOf(time) {
  return new Date(time).toTimeString().slice(0, 8);
}
