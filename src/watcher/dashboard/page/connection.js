import { Refused } from './api.js';

/**
 * Contact with the service, as one poll after the other.
 *
 * ```
 *              answered                     no answer, or an error
 *  connecting ──────────► connected ◄──────────────────────► lost (tried again after 1, 2, 4, ... 30 seconds, or at once by hand)
 *       │                     │                                │
 *       │ 401                 │ 401                            │ 401
 *       └─────────────────────┴────────► unauthorized ◄────────┘
 *                                            │ a token was entered: connecting
 *  any ──► hidden, while nobody looks at the page: connecting when somebody does
 * ```
 *
 * @typedef {{ name: 'connecting' | 'connected' | 'hidden' }
 *   | { name: 'unauthorized', again: boolean }
 *   | { name: 'lost', problem: string, seconds: number }} ConnectionState
 */

/** Milliseconds between polls. */
const interval = 2_000;
const longest = 30_000;

export class Connection {
  #poll;
  #onState;
  /** @type {ConnectionState} */
  #state = { name: 'connecting' };
  #wake = () => {};
  #hasToken = false;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {(signal: AbortSignal) => Promise<void>} poll
   * @param {(state: ConnectionState) => void} onState
   */
  constructor(poll, onState) {
    this.#poll = poll;
    this.#onState = onState;
  }

  /** Polls as long as the page is there. */
  async run() {
    document.addEventListener('visibilitychange', () => this.#wake());
    for (let failures = 0; ; ) {
      if (document.hidden) {
        this.#enter({ name: 'hidden' });
        await this.#pause();
        continue;
      }
      try {
        await this.#poll(new AbortController().signal);
        failures = 0;
        this.#enter({ name: 'connected' });
        await this.#pause(interval);
      } catch (thrown) {
        if (thrown instanceof Refused && thrown.status === 401) {
          this.#enter({ name: 'unauthorized', again: this.#hasToken });
          await this.#pause();
        } else {
          const delay = Math.min(longest, 1_000 * 2 ** failures++) * (0.75 + Math.random() / 4);
          this.#enter({ name: 'lost', problem: problemOf(thrown), seconds: Math.max(1, Math.round(delay / 1_000)) });
          await this.#pause(delay);
        }
      }
    }
  }

  /** Resolves when there is contact. */
  async connected() {
    while (this.#state.name !== 'connected') {
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
  }

  /** Something changed that the next try may profit from. */
  tryNow() {
    this.#wake();
  }

  tokenEntered() {
    this.#hasToken = true;
    this.#enter({ name: 'connecting' });
    this.#wake();
  }

  /** @param {ConnectionState} state */
  #enter(state) {
    this.#state = state;
    this.#onState(state);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** @param {number} [delay] Milliseconds; without it only `#wake` ends the pause. */
  #pause(delay) {
    return new Promise((resolve) => {
      const timer = delay === undefined ? undefined : setTimeout(() => this.#wake(), delay);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(undefined);
      };
    });
  }
}

/** @param {unknown} thrown */
export function problemOf(thrown) {
  if (thrown instanceof Refused) return thrown.message;
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return 'The service does not answer.';
  // What a browser calls a failed fetch says nothing.
  return thrown instanceof TypeError ? 'The service can not be reached.' : String(thrown);
}
