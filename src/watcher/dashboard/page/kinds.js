import { byId, count, duration, make, rate, setPill, setText } from './dom.js';

/** @import { Row } from './rows.js' */

/** Polls that the small curve shows: a minute of them. */
const samples = 30;
const [width, height] = [96, 24];

/** The table of cached kinds, and the figures above it. */
export class Kinds {
  #body = byId('kinds-rows', HTMLElement);
  #empty = byId('kinds-empty', HTMLElement);
  #note = byId('kinds-note', HTMLElement);
  #onFollow;
  /** @type {Map<string, Line>} */
  #lines = new Map();

  /** @param {(key: string, isWanted: boolean) => void} onFollow */
  constructor(onFollow) {
    this.#onFollow = onFollow;
  }

  /**
   * @param {readonly Row[]} rows
   * @param {(row: Row) => { isFollowed: boolean, why: string }} following Whether its events are shown; if they can't be, why.
   */
  show(rows, following) {
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { element }] of this.#lines) {
      if (keys.has(key)) continue;
      element.remove();
      this.#lines.delete(key);
    }
    const now = performance.now();
    /** @type {number | undefined} */
    let total;
    for (const row of rows) {
      const line = this.#lineOf(row.key);
      line.show(row, now, following(row));
      if (line.rate !== undefined) total = (total ?? 0) + line.rate;
    }
    this.#empty.hidden = rows.length > 0;
    setText(this.#empty, 'No kind is watched.');
    const live = rows.filter(({ phase }) => phase === 'Live').length;
    setText(this.#note, rows.length === 0 ? '' : `${live} of ${rows.length} live`);
    setText(byId('figure-kinds', HTMLElement), `${live} of ${rows.length}`);
    setText(byId('figure-objects', HTMLElement), count(rows.reduce((sum, { objects }) => sum + objects, 0)));
    setText(byId('figure-rate', HTMLElement), total === undefined ? '–' : rate(total));
  }

  /** @param {string} key */
  #lineOf(key) {
    const known = this.#lines.get(key);
    if (known) return known;
    const line = new Line((isWanted) => this.#onFollow(key, isWanted));
    this.#lines.set(key, line);
    this.#body.append(line.element);
    return line;
  }
}

/** A row of the table. */
class Line {
  #title = make('span');
  #sub = make('span', { class: 'sub' });
  #state = make('span', { class: 'pill' });
  #problem = make('span', { class: 'sub' });
  #objects = make('span');
  #rate = make('span');
  #curve = new Curve();
  #waiting = make('span');
  #silence = make('span');
  #follow = make('input', { type: 'checkbox' });
  /** @type {{ events: number, at: number } | undefined} */
  #last;
  /** Events each second; `undefined` if it is not known. @type {number | undefined} */
  rate;

  /** @param {(isWanted: boolean) => void} onFollow */
  constructor(onFollow) {
    this.#follow.addEventListener('change', () => onFollow(this.#follow.checked));
    /** @param {string} label @param {Node} content */
    const number = (label, content) => make('td', { class: 'number', 'data-label': label }, content);
    this.element = make(
      'tr',
      {},
      make('th', { scope: 'row' }, this.#title, this.#sub),
      make('td', {}, make('div', {}, this.#state, this.#problem)),
      number('Objects', this.#objects),
      number('Events/s', this.#rate),
      make('td', { 'data-label': 'Last minute' }, this.#curve.element),
      number('Lag', this.#waiting),
      number('Last contact', this.#silence),
      make('td', { 'data-label': 'In the feed' }, this.#follow),
    );
  }

  /**
   * @param {Row} row
   * @param {number} now Monotonic milliseconds.
   * @param {{ isFollowed: boolean, why: string }} following
   */
  show(row, now, { isFollowed, why }) {
    this.#measure(row.events, now);
    this.element.dataset.key = row.key;
    setText(this.#title, row.title);
    setText(this.#sub, row.sub);
    setPill(this.#state, row.phase, row.tone);
    setText(this.#problem, row.problem);
    setText(this.#objects, count(row.objects));
    setText(this.#rate, this.rate === undefined ? '–' : rate(this.rate));
    setText(this.#waiting, row.waiting === undefined ? '–' : count(row.waiting));
    setText(this.#silence, row.silence === undefined ? '–' : duration(row.silence));
    this.#follow.checked = isFollowed;
    this.#follow.disabled = why !== '';
    this.#follow.title = why;
    this.#follow.setAttribute('aria-label', `Show events of ${row.title}, ${row.key}`);
  }

  /** @param {number | undefined} events @param {number} now */
  #measure(events, now) {
    const last = this.#last;
    if (events === undefined) {
      this.rate = undefined;
      this.#last = undefined;
      return;
    }
    this.#last = { events, at: now };
    // A count that goes back is that of a new cache.
    if (!last || events < last.events) return;
    this.rate = ((events - last.events) * 1_000) / Math.max(1, now - last.at);
    this.#curve.add(this.rate);
  }
}

/** A small curve of the last values. */
class Curve {
  #line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  /** @type {number[]} */
  #values = [];

  constructor() {
    const ground = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    ground.setAttribute('class', 'ground');
    ground.setAttribute('d', `M0 ${height - 1}H${width}`);
    this.element = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    this.element.setAttribute('class', 'spark');
    this.element.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.element.setAttribute('aria-hidden', 'true');
    this.element.append(ground, this.#line);
  }

  /** @param {number} value */
  add(value) {
    this.#values.push(value);
    if (this.#values.length > samples) this.#values.shift();
    const top = Math.max(1, ...this.#values);
    const first = samples - this.#values.length;
    const points = this.#values.map((value, at) => {
      const x = ((first + at) * width) / (samples - 1);
      return `${x.toFixed(1)},${(height - 1 - (value / top) * (height - 3)).toFixed(1)}`;
    });
    this.#line.setAttribute('points', points.join(' '));
  }
}
