import type { KubeObject, WatchEvent } from '../kubernetes/index.ts';
import { abortable, hops, KubeInformerError, publishHop } from '../runtime/index.ts';
import type { OpenWatch, SilenceRule } from './open-watch.ts';
import { isConcrete, type Session } from './session.ts';

/** A watch that ends sooner than this, and before half of the time it was agreed for, was refused in disguise; milliseconds. */
const earlyClose = 5_000;

/** How a watch went, for whoever decides what a failure means. */
export interface Run {
  /** Whether it brought changes or bookmarks. */
  fruitful: boolean;
  /** Whether bookmarks, the mark of a stream included, are among that. */
  bookmarked: boolean;
  /** Whether it was open long enough not to make a loop of opening the next one at once. */
  lasting: boolean;
}

/**
 * Follows the changes of a collection from `session.position` on, handing them to the store, until the server ends the watch. Throws
 * what it fails with; `run` tells how far it came in either case.
 *
 * @param held a watch that was opened for the initial events and goes on with changes
 */
export async function follow<T extends KubeObject>(
  session: Session<T>,
  held: OpenWatch<T> | undefined,
  run: Run,
  signal: AbortSignal,
): Promise<void> {
  const watch = held ?? (await openWatch(session, signal));
  run.bookmarked = held !== undefined;
  // From no concrete version on the server sends all objects first, in no order of versions: none of them says how far we are.
  let inOrder = held !== undefined || session.canResume;
  watch.expect(silenceRule(session, run));
  session.watch = watch;
  session.enter({ phase: 'live' });
  try {
    for (let batch = await watch.next(); batch && !signal.aborted; batch = await watch.next()) {
      session.heard();
      for (const event of batch) {
        inOrder ||= (event.type === 'DROPPED' ? event.was : event.type) !== 'ADDED';
        pass(session, event, inOrder);
        run.fruitful = true;
        run.bookmarked ||= event.type === 'BOOKMARK';
      }
      for (let full = session.store.ready?.(); full; full = session.store.ready?.()) {
        // It is silent because we do not read.
        watch.pause();
        await abortable(full, signal);
        watch.resume();
      }
    }
  } finally {
    session.watch = undefined;
    run.lasting = watch.age >= Math.min(earlyClose, watch.timeout / 2);
    if (run.bookmarked) session.silentWatches = 0;
    watch.close();
  }
  if (!run.lasting && !signal.aborted) throw session.closedEarly(`after ${Math.round(watch.age)} ms`);
}

function openWatch<T extends KubeObject>(session: Session<T>, signal: AbortSignal): Promise<OpenWatch<T>> {
  session.enter({ phase: 'connecting' });
  session.requests.watch++;
  return session.open({ resourceVersion: session.position ?? '', allowWatchBookmarks: true }, signal);
}

/**
 * What silence means. A server that sends bookmarks is never silent for long. One that sends none is given twice as much time after each
 * watch that went silent, until it outlasts the watch itself: else its quiet collections would be watched anew all the time.
 */
function silenceRule<T extends KubeObject>(session: Session<T>, run: Run): SilenceRule {
  const { idleTimeout = 90_000 } = session.options;
  const limit = idleTimeout * 2 ** Math.min(session.silentWatches, 10);
  return {
    limit,
    brokenBy: 'anything',
    error: () => {
      session.silentWatches = run.bookmarked ? 0 : session.silentWatches + 1;
      return new KubeInformerError('StreamStalled', `the watch of ${session.name} was silent for ${limit} ms`, {
        hint: 'The connection is probably dead (a load balancer or NAT forgot it); the informer opens another.',
      });
    },
  };
}

/** Hands one event to the store. */
function pass<T extends KubeObject>(session: Session<T>, event: WatchEvent<T>, inOrder: boolean): void {
  const { store, intake, name } = session;
  if (event.type === 'ERROR') throw session.streamError(event.object);
  if (event.type === 'BOOKMARK') {
    const { resourceVersion } = event.object.metadata;
    if (!isConcrete(resourceVersion)) return;
    session.advance(resourceVersion);
    store.bookmark?.(resourceVersion);
    return;
  }
  const key = intake.keyOf(event.object);
  if (key === undefined) return;
  const { resourceVersion } = event.object.metadata;
  if (hops.hasSubscribers) publishHop({ hop: 'reflector', name, key, resourceVersion });
  if (event.type === 'DROPPED') {
    // Seldom is it in the store. If it is, its labels have changed, or it was created anew.
    intake.forget(key);
    store.forget(key, inOrder ? resourceVersion : undefined);
    session.events++;
    if (inOrder) session.advance(resourceVersion);
    return;
  }
  const object = intake.transform(event.object, key);
  if (event.type === 'DELETED') {
    intake.forget(key);
    if (object === undefined) store.forget(key);
    else store.delete(object);
  } else if (object !== undefined) {
    intake.admit(key, object);
    if (event.type === 'ADDED') store.add(object);
    else store.update(object);
  }
  session.events++;
  if (inOrder) session.advance(resourceVersion);
}
