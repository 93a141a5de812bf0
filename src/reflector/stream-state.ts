import { INITIAL_EVENTS_END, type KubeObject, type WatchEvent } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { Intake } from './intake.ts';
import type { OpenWatch } from './open-watch.ts';
import type { Session } from './session.ts';
import type { Tally } from './tally.ts';

/**
 * Fetches the whole state as a stream of initial events, and hands it to the store when the mark that ends them has come.
 *
 * @returns the watch, still open: what comes after the mark are changes. Events that arrived together with the mark are read next.
 */
export async function streamState<T extends KubeObject>(
  session: Session<T>,
  signal: AbortSignal,
): Promise<OpenWatch<T>> {
  session.requests.stream++;
  const watch = await session.open(
    {
      resourceVersion: session.positionLost ? '' : (session.position ?? ''),
      resourceVersionMatch: 'NotOlderThan',
      sendInitialEvents: true,
      allowWatchBookmarks: true,
    },
    signal,
  );
  const { initialEventsTimeout = 30_000 } = session.options;
  watch.expect({
    limit: initialEventsTimeout,
    brokenBy: 'told',
    error: () => noMark(session.name, `no new object for ${initialEventsTimeout} ms`),
  });
  const collected = new Collected<T>(session.intake);
  let handedOver = false;
  try {
    for (let batch = await watch.next(); batch; batch = await watch.next()) {
      session.heard();
      for (let index = 0; index < batch.length; index++) {
        const event = batch[index]!;
        if (event.type === 'ERROR') throw session.streamError(event.object);
        if (event.type === 'BOOKMARK') {
          // Ordinary bookmarks come after the mark; one before it shows that there will be none.
          if (event.object.metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') {
            throw noMark(session.name, 'an ordinary bookmark');
          }
          watch.unread(batch.slice(index + 1));
          const { resourceVersion } = event.object.metadata;
          session.replace(collected.list(), resourceVersion, collected.kept, collected.tally);
          handedOver = true;
          return watch;
        }
        if (collected.take(event)) watch.touch();
      }
    }
    throw session.closedEarly('before the mark that ends the initial events');
  } finally {
    if (!handedOver) watch.close();
  }
}

/** A state that is being collected, one event at a time. */
class Collected<T extends KubeObject> {
  readonly #intake: Intake<T>;
  readonly #objects = new Map<string, T>();
  /** Keys that exist at the server and could not be read. */
  readonly kept = new Set<string>();
  readonly tally: Tally;

  constructor(intake: Intake<T>) {
    this.#intake = intake;
    this.tally = intake.newTally();
  }

  list(): readonly T[] {
    return Array.from(this.#objects.values());
  }

  /** @returns whether `event` brought an object that was not there, wanted or not. */
  take(event: Exclude<WatchEvent<T>, { type: 'BOOKMARK' | 'ERROR' }>): boolean {
    const key = this.#intake.keyOf(event.object);
    if (key === undefined) return false;
    const before = this.#objects.size + this.kept.size;
    this.kept.delete(key);
    if (event.type === 'DELETED') {
      this.#remove(key);
      return false;
    }
    if (event.type === 'DROPPED') {
      this.#remove(key);
      // Which of these came before is not remembered; but the server gets on.
      return event.was === 'ADDED';
    }
    const object = this.#intake.transform(event.object, key);
    if (object !== undefined) {
      this.tally.put(key, object);
      this.#objects.set(key, object);
    } else if (!this.#objects.has(key)) {
      this.#intake.keep(key, this.tally);
      this.kept.add(key);
    }
    return this.#objects.size + this.kept.size > before;
  }

  #remove(key: string): void {
    this.#objects.delete(key);
    this.tally.delete(key);
  }
}

function noMark(name: string, what: string): KubeInformerError {
  return new KubeInformerError(
    'InitialEventsTimeout',
    `${name}: ${what} before the mark that ends the initial events`,
    {
      hint: 'The server, or a proxy before it, does not support streaming lists; the informer lists in pages for an hour, then tries again.',
    },
  );
}
