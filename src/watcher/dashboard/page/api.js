/** The service's own routes, with the token that was entered. It is kept here and nowhere else. */

/** An answer that is an error. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Milliseconds after which a request counts as lost. */
const patience = 15_000;

export class Api {
  #base;
  #token = '';

  /** @param {URL} base The folder that the page is in: the service may stand behind a prefix. */
  constructor(base) {
    this.#base = base;
  }

  /** @param {string} token */
  useToken(token) {
    this.#token = token;
  }

  /**
   * @template T
   * @param {string} path
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  async json(path, signal) {
    const response = await this.#send(path, { signal: soon(signal) });
    return /** @type {T} */ (await response.json());
  }

  /**
   * @param {string} path
   * @param {AbortSignal} signal
   */
  async text(path, signal) {
    return (await this.#send(path, { signal: soon(signal) })).text();
  }

  /**
   * What a POST is answered with.
   *
   * @param {string} path
   * @param {AbortSignal} signal
   */
  async post(path, signal) {
    await this.#send(path, { method: 'POST', signal: soon(signal) });
  }

  /**
   * Calls `onLines` with the lines of a stream as they come, and with none when it is open. Resolves when it ends in good order.
   *
   * @param {string} path
   * @param {AbortSignal} signal
   * @param {(lines: readonly string[]) => void} onLines
   */
  async lines(path, signal, onLines) {
    const { body } = await this.#send(path, { signal });
    if (!body) return;
    onLines([]);
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) onLines(lines);
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   */
  async #send(path, init) {
    const response = await fetch(new URL(path, this.#base), {
      ...init,
      headers: this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` },
      cache: 'no-store',
      redirect: 'error',
    });
    if (response.ok) return response;
    throw new Refused(response.status, await messageOf(response));
  }
}

/** @param {AbortSignal} signal */
function soon(signal) {
  return AbortSignal.any([signal, AbortSignal.timeout(patience)]);
}

/** @param {Response} response */
async function messageOf(response) {
  const text = await response.text();
  try {
    return String(JSON.parse(text).message ?? text);
  } catch {
    return text === '' ? `the service answers ${response.status}` : text.slice(0, 500);
  }
}
