import { button, byId, count, duration, make, setPill, setText } from './dom.js';

/** @import { Tone } from './dom.js' */

/**
 * A subscription as the service shows it, as far as the page looks at it.
 *
 * @typedef {{
 *   metadata: { name: string },
 *   spec: { match: { target: { kind: string }, namespaces: '*' | readonly string[] }, sinks: readonly { type: string }[] },
 *   status: {
 *     delivered: number,
 *     failed: number,
 *     deadLetters: number,
 *     pendingObjects: number,
 *     oldestPendingSeconds: number,
 *     conditions: readonly { type: string, status: string, reason: string, message?: string }[],
 *   },
 * }} Subscription
 */

/** What can be done with one: the last step of its path. @typedef {'pause' | 'resume' | 'test'} Action */

/** Who is told of changes, and how that goes. */
export class Subscriptions {
  #card = byId('subscriptions-card', HTMLElement);
  #list = byId('subscriptions', HTMLElement);
  #empty = byId('subscriptions-empty', HTMLElement);
  #count = byId('subscriptions-count', HTMLElement);
  #onAction;
  /** @type {Map<string, Item>} */
  #items = new Map();

  /** @param {(name: string, action: Action) => void} onAction */
  constructor(onAction) {
    this.#onAction = onAction;
  }

  /** @param {readonly Subscription[] | undefined} subscriptions `undefined` if nobody says. */
  show(subscriptions) {
    this.#card.hidden = subscriptions === undefined;
    const pending = byId('figure-pending', HTMLElement);
    const figure = pending.parentElement;
    if (figure) figure.hidden = subscriptions === undefined;
    if (!subscriptions) return;
    const names = new Set(subscriptions.map(({ metadata }) => metadata.name));
    for (const [name, { element }] of this.#items) {
      if (names.has(name)) continue;
      element.remove();
      this.#items.delete(name);
    }
    for (const subscription of subscriptions) this.#itemOf(subscription.metadata.name).show(subscription);
    this.#empty.hidden = subscriptions.length > 0;
    const healthy = subscriptions.filter((subscription) => stateOf(subscription).tone === 'good').length;
    setText(this.#count, subscriptions.length === 0 ? '' : `${healthy} of ${subscriptions.length} healthy`);
    setText(pending, count(subscriptions.reduce((sum, { status }) => sum + status.pendingObjects, 0)));
  }

  /** @param {string} name */
  #itemOf(name) {
    const known = this.#items.get(name);
    if (known) return known;
    const item = new Item(name, (action) => this.#onAction(name, action));
    this.#items.set(name, item);
    this.#list.append(item.element);
    return item;
  }
}

class Item {
  #state = make('span', { class: 'pill' });
  #about = make('p', { class: 'muted' });
  #facts = make('p', { class: 'facts' });
  #problem = make('p', { class: 'problem' });
  #pause;
  #isPaused = false;

  /** @param {string} name @param {(action: Action) => void} onAction */
  constructor(name, onAction) {
    this.#pause = button('Pause', () => onAction(this.#isPaused ? 'resume' : 'pause'), { class: 'small' });
    const test = button('Test', () => onAction('test'), { class: 'small', 'aria-label': `Send a test to ${name}` });
    this.element = make(
      'li',
      {},
      make('div', { class: 'line' }, make('span', { class: 'wide' }, name), this.#state, this.#pause, test),
      this.#about,
      this.#facts,
      this.#problem,
    );
  }

  /** @param {Subscription} subscription */
  show(subscription) {
    const { metadata, spec, status } = subscription;
    const { text, tone, problem } = stateOf(subscription);
    this.#isPaused = text === 'Paused';
    setPill(this.#state, text, tone);
    setText(this.#pause, this.#isPaused ? 'Resume' : 'Pause');
    this.#pause.setAttribute('aria-label', `${this.#isPaused ? 'Resume' : 'Pause'} ${metadata.name}`);
    const { target, namespaces } = spec.match;
    const where = namespaces === '*' ? 'all namespaces' : namespaces.join(', ');
    setText(this.#about, `${target.kind} in ${where}, to ${spec.sinks.map(({ type }) => type).join(', ')}`);
    const late = status.pendingObjects > 0 ? `, the oldest for ${duration(status.oldestPendingSeconds)}` : '';
    setText(
      this.#facts,
      `${count(status.delivered)} delivered · ${count(status.failed)} failed · ${count(status.pendingObjects)} waiting${late}`,
    );
    this.#problem.hidden = problem === '';
    setText(this.#problem, problem);
  }
}

/**
 * @param {Subscription} subscription
 * @returns {{ text: string, tone: Tone, problem: string }}
 */
function stateOf({ status }) {
  const { Paused, Healthy, Following } = Object.fromEntries(status.conditions.map((each) => [each.type, each]));
  if (Paused?.status === 'True') return { text: 'Paused', tone: 'calm', problem: Paused.message ?? '' };
  if (Following?.status === 'False')
    return { text: 'Waiting for its kind', tone: 'warn', problem: Following.message ?? '' };
  if (Healthy?.status === 'False') return { text: 'Failing', tone: 'bad', problem: Healthy.message ?? '' };
  return { text: 'Healthy', tone: 'good', problem: '' };
}
