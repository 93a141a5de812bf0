import { refusal } from '../cache/index.ts';
import { startAfter } from './event-id.ts';
import { eventStream, type Framing, jsonLines } from './framing.ts';
import type { ReadOptions } from './options.ts';
import { isVersion } from './plan.ts';
import type { Watched, WatchStart } from './watch.ts';

/** A watch that is to come as server-sent events. */
export interface EventsWanted {
  /** The id of the last of them that was received: goes before everything that the query says of where to begin. */
  readonly after: string | undefined;
}

/** Where a watch begins, and how it is written. @throws ApiStatusError 410 */
export function beginningOf(
  kind: Watched,
  options: ReadOptions,
  events: EventsWanted | undefined,
): { readonly start: WatchStart; readonly framing: Framing } {
  const framing = events ? eventStream : jsonLines;
  if (!events?.after) return { start: startOf(kind, options), framing };
  return { start: startAfter(kind, events.after, options.sendInitialEvents === true), framing };
}

/** Where a watch begins, by the rules of the API: see `resourceVersion` and `sendInitialEvents` there. */
function startOf(kind: Watched, options: ReadOptions): WatchStart {
  const { resourceVersion, sendInitialEvents } = options;
  const isConcrete = isVersion(resourceVersion);
  if (sendInitialEvents ?? !isConcrete) return { from: 'snapshot', mark: sendInitialEvents === true };
  if (!isConcrete) return { from: 'position', seq: kind.seq, newerThan: undefined };
  const position = kind.log.positionOf(resourceVersion);
  if (position === 'expired') {
    throw refusal(
      410,
      'Expired',
      `resourceVersion ${resourceVersion} is too old: changes since then are no longer kept. List, and watch on from there.`,
    );
  }
  // What is applied and waits for the log may be newer still.
  if (position === 'ahead') return { from: 'position', seq: kind.log.seq, newerThan: resourceVersion };
  return { from: 'position', seq: position, newerThan: undefined };
}
