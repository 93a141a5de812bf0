import { Refused } from './api.js';
import { button, byId, make, setText } from './dom.js';

/** @import { Api } from './api.js' */
/** @import { Connection } from './connection.js' */

/** @typedef {{ apiVersion: string, kind: string, namespace?: string, name: string }} Ref */
/** @typedef {{ ref: Ref, via?: string, children?: readonly Node[], parents?: readonly Node[] }} Node */
/** @typedef {{ type: string, object: { complete: boolean, root: Node } }} TreeEvent */

/** The way to a tree. @typedef {{ relation: string, root: string }} Question */

/** Objects that are shown of one tree. */
const most = 500;
/** Milliseconds between two tries. */
const pause = 1_000;

/** What is said with a word of its own, and how. @type {Readonly<Record<string, string>>} */
const tones = { current: 'good', orphan: 'warn', missing: 'bad' };

/** The tree of one object, as it changes. */
export class Tree {
  #api;
  #connection;
  #base;
  #onChoose;
  #place = byId('tree', HTMLElement);
  #empty = byId('tree-empty', HTMLElement);
  #note = byId('tree-note', HTMLElement);
  #ending = new AbortController();
  /** @type {Question | undefined} */
  #question;

  /**
   * @param {Api} api
   * @param {Connection} connection
   * @param {string} base Where trees are asked for.
   * @param {(ref: Ref) => void} onChoose Another object is to be the root.
   */
  constructor(api, connection, base, onChoose) {
    this.#api = api;
    this.#connection = connection;
    this.#base = base;
    this.#onChoose = onChoose;
  }

  /** @param {Question} question */
  show(question) {
    this.end();
    this.#question = question;
    this.#place.replaceChildren();
    this.#empty.hidden = true;
    this.#ending = new AbortController();
    void this.#follow(question, this.#ending.signal);
  }

  /** What was shown last is followed again. */
  resume() {
    if (this.#question && this.#ending.signal.aborted) this.show(this.#question);
  }

  /** Nothing is followed any more; what is shown stays. */
  end() {
    this.#ending.abort();
  }

  /**
   * @param {Question} question
   * @param {AbortSignal} signal
   */
  async #follow({ relation, root }, signal) {
    const path = `${this.#base}/${encodeURIComponent(relation)}?${new URLSearchParams({ root, watch: '1' })}`;
    setText(this.#note, 'Loading');
    while (!signal.aborted) {
      await this.#connection.connected();
      try {
        await this.#api.lines(path, signal, (lines) => this.#draw(lines.at(-1), signal));
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof Refused && thrown.status < 500 && ![401, 429].includes(thrown.status)) {
          setText(this.#note, '');
          this.#place.replaceChildren(make('p', { class: 'problem' }, thrown.message));
          return;
        }
        setText(this.#note, 'Contact was lost');
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Only the newest state of a frame. @param {string | undefined} line @param {AbortSignal} signal */
  #draw(line, signal) {
    if (line === undefined) return;
    requestAnimationFrame(() => {
      if (signal.aborted) return;
      /** @type {TreeEvent} */
      const { type, object } = JSON.parse(line);
      if (type === 'ERROR') return;
      const gone = type === 'DELETED' ? 'It is gone; this is how it was.' : '';
      setText(this.#note, gone || (object.complete ? 'Live' : 'Some kinds are still loading'));
      this.#place.replaceChildren(...this.#partsOf(object.root));
    });
  }

  /** @param {Node} root */
  #partsOf(root) {
    const budget = { left: most };
    const { parents = [] } = root;
    const above =
      parents.length === 0
        ? []
        : [make('p', { class: 'muted above' }, 'Belongs to'), this.#list(parents, budget, 'parents')];
    const tree = this.#list([root], budget, 'children');
    const more = budget.left > 0 ? [] : [make('p', { class: 'muted' }, `Only ${most} objects are shown.`)];
    return [...above, tree, ...more];
  }

  /**
   * @param {readonly Node[]} nodes
   * @param {{ left: number }} budget
   * @param {'children' | 'parents'} onward
   */
  #list(nodes, budget, onward) {
    const list = make('ul');
    for (const node of nodes) {
      if (budget.left-- <= 0) break;
      const next = node[onward] ?? [];
      list.append(make('li', {}, this.#lineOf(node), ...(next.length === 0 ? [] : [this.#list(next, budget, onward)])));
    }
    return list;
  }

  /** @param {Node} node */
  #lineOf({ ref, via, children: _, parents: _parents, ...facts }) {
    const line = make('div', {}, make('span', { class: 'kind' }, ref.kind));
    line.append(
      button(ref.name, () => this.#onChoose(ref), { class: 'link', ...(via !== undefined && { title: `by ${via}` }) }),
    );
    for (const [name, value] of Object.entries(facts)) {
      if (value === false) continue;
      const text = value === true ? name : `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`;
      line.append(make('span', { class: 'tag', 'data-tone': tones[name] ?? 'calm' }, text.slice(0, 120)));
    }
    return line;
  }
}
