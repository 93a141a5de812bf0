import { button, byId, count, make, setText } from './dom.js';

/** @import { Tone } from './dom.js' */

/** Lines that are shown, and at most wait to be. */
const kept = 200;
/** Lines that are made in one frame. */
const inOneFrame = 40;

/** @type {Readonly<Record<string, { text: string, tone: Tone }>>} */
const types = {
  ADDED: { text: 'Added', tone: 'good' },
  MODIFIED: { text: 'Changed', tone: 'info' },
  DELETED: { text: 'Deleted', tone: 'bad' },
};

/**
 * An object, as far as the page looks at it.
 *
 * @typedef {{
 *   kind: string,
 *   metadata: { name: string, namespace?: string, deletionTimestamp?: string },
 *   spec?: { replicas?: unknown },
 *   status?: { phase?: unknown, readyReplicas?: unknown },
 * }} SeenObject
 */

/** @typedef {{ resource: string, namespace: string | undefined, name: string }} Chosen */

/**
 * The newest events, newest first.
 *
 * Invariants: at most `kept` lines are in the page and at most `kept` wait, as text; lines are parsed and shown in animation frames, a few in each. What
 * comes faster is counted and not shown.
 */
export class Feed {
  #list = byId('feed', HTMLElement);
  #empty = byId('feed-empty', HTMLElement);
  #note = byId('feed-note', HTMLElement);
  #filter = byId('feed-filter', HTMLInputElement);
  #pause = byId('feed-pause', HTMLButtonElement);
  #onChoose;
  /** @type {({ resource: string, text: string, at: Date } | { note: string })[]} */
  #waiting = [];
  #seen = 0;
  #left = 0;
  #isPaused = false;
  #hasFrame = false;

  /** @param {(chosen: Chosen) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.#filter.addEventListener('input', () => this.#applyFilter());
    this.#pause.addEventListener('click', () => {
      this.#isPaused = !this.#isPaused;
      this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
      this.#draw();
    });
    byId('feed-clear', HTMLButtonElement).addEventListener('click', () => {
      this.#list.replaceChildren();
      this.#waiting = [];
      this.#empty.hidden = false;
    });
  }

  /**
   * @param {string} resource
   * @param {readonly string[]} lines Events, as they come.
   */
  add(resource, lines) {
    this.#seen += lines.length;
    const at = new Date();
    for (const text of lines.slice(-kept)) this.#waiting.push({ resource, text, at });
    this.#left += Math.max(0, lines.length - kept);
    this.#trim();
    this.#draw();
  }

  /** @param {string} text Something about the feed itself. */
  addNote(text) {
    this.#waiting.push({ note: text });
    this.#trim();
    this.#draw();
  }

  #trim() {
    const surplus = this.#waiting.length - kept;
    if (surplus <= 0) return;
    this.#waiting.splice(0, surplus);
    this.#left += surplus;
  }

  #draw() {
    if (this.#hasFrame) return;
    this.#hasFrame = true;
    requestAnimationFrame(() => {
      this.#hasFrame = false;
      if (!this.#isPaused) this.#drawSome();
      this.#count();
      if (!this.#isPaused && this.#waiting.length > 0) this.#draw();
    });
  }

  #drawSome() {
    const lines = this.#waiting.splice(0, inOneFrame).flatMap((entry) => {
      const line = 'note' in entry ? make('li', { class: 'note' }, entry.note) : this.#lineOf(entry);
      return line ? [line] : [];
    });
    for (const line of lines) this.#hideUnlessWanted(line);
    this.#list.prepend(...lines.reverse());
    while (this.#list.children.length > kept) this.#list.lastElementChild?.remove();
    this.#empty.hidden = this.#list.children.length > 0;
  }

  #count() {
    const left = this.#left > 0 ? `, ${count(this.#left)} too fast to be shown` : '';
    const waiting = this.#isPaused && this.#waiting.length > 0 ? `, ${count(this.#waiting.length)} waiting` : '';
    setText(this.#note, this.#seen === 0 ? '' : `${count(this.#seen)} events${left}${waiting}`);
  }

  /** @param {{ resource: string, text: string, at: Date }} entry */
  #lineOf({ resource, text, at }) {
    /** @type {{ type: string, object: SeenObject }} */
    const { type, object } = JSON.parse(text);
    const known = types[type];
    if (!known) return undefined;
    const { name, namespace } = object.metadata;
    const line = make(
      'li',
      {},
      make('time', { datetime: at.toISOString() }, at.toTimeString().slice(0, 8)),
      make('span', { class: 'tag', 'data-tone': known.tone }, known.text),
      make(
        'span',
        {},
        button(fullName(object.metadata), () => this.#onChoose({ resource, namespace, name }), { class: 'link' }),
      ),
      make('span', { class: 'what' }, `${object.kind}${summaryOf(object)}`),
    );
    return line;
  }

  #applyFilter() {
    for (const line of this.#list.children) if (line instanceof HTMLElement) this.#hideUnlessWanted(line);
  }

  /** @param {HTMLElement} line */
  #hideUnlessWanted(line) {
    const name = line.querySelector('button')?.textContent ?? '';
    line.hidden = !name.includes(this.#filter.value.trim());
  }
}

/** @param {{ name: string, namespace?: string }} metadata */
function fullName({ name, namespace }) {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** What is of interest at a glance. @param {SeenObject} object */
function summaryOf({ metadata, spec, status }) {
  if (metadata.deletionTimestamp !== undefined) return ' · terminating';
  if (typeof status?.phase === 'string') return ` · ${status.phase}`;
  if (typeof spec?.replicas === 'number')
    return ` · ${count(Number(status?.readyReplicas ?? 0))} of ${count(spec.replicas)} ready`;
  return '';
}
