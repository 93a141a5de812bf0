import type { IncomingMessage, ServerResponse } from 'node:http';
import { asKubeInformerError, type Clock, KubeInformerError, systemClock, warnUnheard } from '../../index.ts';
import { type Answer, type Incoming, ofMessage, ofRequest, readBody, toResponse, writeAnswer } from './exchange.ts';
import { HeartbeatAlarm, type HeartbeatOptions } from './heartbeat-alarm.ts';
import { Lanes } from './lanes.ts';
import { Once } from './once.ts';
import { isKnownType, keyOf, Malformed, type ReceivedEvent, readEvents } from './read-events.ts';
import { type Verify, verifierOf } from './verify.ts';

/** What the sender signs with, as it stands in `sign.secrets` there; several while one replaces another. `unsigned`: anybody may send. */
export type ReceiverSecrets =
  | { readonly secret: string }
  | { readonly secrets: readonly string[] }
  | { readonly unsigned: true };

export type EventReceiverOptions<T = unknown> = ReceiverSecrets & {
  /**
   * Told each event, those about one object one after the other. The sender gets its answer when this has resolved; if it rejects, the sender tries again.
   *
   * @param signal is aborted when the receiver is closed.
   */
  readonly onEvent: (event: ReceivedEvent<T>, signal: AbortSignal) => unknown;
  /** Longer bodies are 413. Default: 1 MiB. */
  readonly maxBodyBytes?: number;
  /** How far the time of a signature may be from ours. Default: 300. */
  readonly toleranceSeconds?: number;
  /** Calls of `onEvent` at the same time. Default: 8. */
  readonly concurrency?: number;
  /** Events that wait for `onEvent` or are in it; with more, senders are asked to come again (503). Default: 1,000. */
  readonly maxPending?: number;
  /** Ids of the last events, which are not told twice. Default: 10,000. */
  readonly rememberIds?: number;
  /** Tells when a subscription has become silent. */
  readonly heartbeat?: HeartbeatOptions;
  /** Told when `onEvent` or `onMissed` fails. Default: a process warning. */
  readonly onError?: (error: KubeInformerError) => void;
  /** Default: the clock of the process. */
  readonly clock?: Clock;
};

/** Takes in what watchers send. */
export interface EventReceiver extends AsyncDisposable {
  /** For servers that speak `Request` and `Response`. */
  fetch(request: Request): Promise<Response>;
  /** For `node:http`: `createServer(receiver.listener)`. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Events that wait for `onEvent` or are in it. */
  readonly pending: number;
  /** Takes no more, and resolves when `onEvent` has returned from what it was told. Idempotent. */
  close(): Promise<void>;
}

/**
 * A receiver for webhooks of the watcher, or of anybody who signs by Standard Webhooks. It checks who sent what and when, passes each event on once, and answers when that
 * is done: an event that the sender thinks delivered was handled.
 *
 * | answer | |
 * | --- | --- |
 * | 200 | handled, now or before |
 * | 400 | no JSON, or no event |
 * | 401 | not signed, by another secret, or too old |
 * | 405, 413, 415 | another method than POST and PUT, too long, another content type |
 * | 500 | `onEvent` failed: to be sent again |
 * | 503 | too much is waiting, or the receiver is closed: to be sent again |
 *
 * @throws KubeInformerError `InvalidOption` for a secret that is none
 * @example
 * const secret = Buffer.from('a key of at least 24 bytes').toString('base64');
 * const receiver = createEventReceiver({ secret, onEvent: ({ type, object }) => console.log(type, object) });
 * // createServer(receiver.listener) with node:http, or where requests are objects:
 * const { status } = await receiver.fetch(new Request('http://localhost/hook'));
 * console.log(status === 405);
 */
export function createEventReceiver<T = unknown>(options: EventReceiverOptions<T>): EventReceiver {
  return new Receiver(options);
}

class Receiver<T> implements EventReceiver {
  readonly #options: EventReceiverOptions<T>;
  readonly #clock: Clock;
  readonly #verify: Verify;
  readonly #lanes: Lanes;
  readonly #once: Once;
  readonly #alarm: HeartbeatAlarm | undefined;
  readonly #stopping = new AbortController();

  constructor(options: EventReceiverOptions<T>) {
    const { clock = systemClock, toleranceSeconds = 300, concurrency = 8, rememberIds = 10_000, heartbeat } = options;
    this.#options = options;
    this.#clock = clock;
    this.#verify = 'unsigned' in options ? () => undefined : verifierOf(secretsOf(options), toleranceSeconds * 1_000);
    this.#lanes = new Lanes(concurrency);
    this.#once = new Once(rememberIds);
    this.#alarm =
      heartbeat &&
      new HeartbeatAlarm(heartbeat, clock, (thrown) =>
        this.#failed('onMissed failed', thrown, 'Mend it: heartbeats are watched for all the same.'),
      );
  }

  get pending(): number {
    return this.#lanes.pending;
  }

  async fetch(request: Request): Promise<Response> {
    const answer = await this.#answer(ofRequest(request));
    if (request.body && !request.bodyUsed) await request.body.cancel();
    return toResponse(answer);
  }

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#answer(ofMessage(request)).then((answer) => writeAnswer(response, answer));
  };

  async close(): Promise<void> {
    this.#stopping.abort(new Error('the receiver is closed'));
    this.#alarm?.close();
    await this.#lanes.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Does not reject. */
  async #answer(request: Incoming): Promise<Answer> {
    const { method, header } = request;
    const { maxBodyBytes = 1_048_576 } = this.#options;
    if (method !== 'POST' && method !== 'PUT') return { status: 405, headers: { allow: 'POST, PUT' } };
    if (!isKnownType(header('content-type'))) return { status: 415, text: 'events are JSON or CloudEvents' };
    if (header('content-encoding') !== undefined) return { status: 415, text: 'bodies are sent as they are' };
    try {
      const body = await readBody(request, maxBodyBytes);
      if (body === undefined) return { status: 413, text: `a body has at most ${maxBodyBytes} bytes` };
      const problem = this.#verify(header, body, this.#clock.now());
      if (problem !== undefined) return { status: 401, text: problem };
      return await this.#take(readEvents<T>(request, body));
    } catch (thrown) {
      if (thrown instanceof Malformed) return { status: 400, text: thrown.message };
      // The sender went away before its body was read; nobody hears this.
      return { status: 400, text: 'the body was cut off' };
    }
  }

  async #take(events: readonly ReceivedEvent<T>[]): Promise<Answer> {
    const { maxPending = 1_000 } = this.#options;
    const fresh = events.filter(({ id }) => !this.#once.has(id));
    const isFull = fresh.length > 0 && this.pending > 0 && this.pending + fresh.length > maxPending;
    if (isFull || this.#stopping.signal.aborted) {
      return { status: 503, headers: { 'retry-after': '1' }, text: 'not now' };
    }
    for (const event of events) this.#alarm?.note(event);
    const results = await Promise.allSettled(
      events.map((event) => this.#once.run(event.id, () => this.#lanes.run(keyOf(event), () => this.#handle(event)))),
    );
    const isDone = results.every(({ status }) => status === 'fulfilled');
    return isDone ? { status: 200 } : { status: 500, text: 'the event was not handled' };
  }

  async #handle(event: ReceivedEvent<T>): Promise<void> {
    try {
      await this.#options.onEvent(event, this.#stopping.signal);
    } catch (thrown) {
      this.#failed(`the event ${event.id} was not handled`, thrown, 'The sender was told, and tries again.');
      throw thrown;
    }
  }

  #failed(what: string, thrown: unknown, hint: string): void {
    const { onError = warnUnheard } = this.#options;
    onError(asKubeInformerError(thrown, 'HandlerFailed', what, hint));
  }
}

function secretsOf(options: ReceiverSecrets): readonly string[] {
  if ('secret' in options) return [options.secret];
  if ('secrets' in options && options.secrets.length > 0) return options.secrets;
  throw new KubeInformerError('InvalidOption', 'an event receiver has no secret', {
    hint: 'Give it what the sender signs with, or say that anybody may send: unsigned.',
  });
}
