import type { DeepReadonly, Keyed } from '../kubernetes/index.ts';
import { keyOf } from '../kubernetes/index.ts';
import type { DeleteEvent, InformerEvent } from './events.ts';

/** So many events are merged in one step. */
const step = 64;

interface Pending<T> {
  /** What the handler has seen of this key; `undefined` if nothing, or if it saw it go. */
  readonly seen: DeepReadonly<T> | undefined;
  /** How the object that the handler has seen went away. */
  gone: DeleteEvent<T> | undefined;
  last: InformerEvent<T>;
  /** The object that `last` speaks of was in the initial list. */
  initial: boolean;
}

/**
 * The shortest sequence that takes a handler from what it has seen to the last state of every key: at most two events for each.
 * Order over different keys is that of their first events. Resyncs are dropped: whoever lags has had no rest to fill.
 *
 * A generator, because there may be a hundred thousand of them: each `yield` is a place to be interrupted.
 */
export function* coalesce<T extends Keyed>(
  events: Iterable<InformerEvent<T>>,
): Generator<void, InformerEvent<T>[], undefined> {
  const pending = new Map<string, Pending<T>>();
  let done = 0;
  for (const event of events) {
    if (++done % step === 0) yield;
    if (event.type === 'update' && event.isResync) continue;
    const key = keyOf(event.object as Keyed);
    let of = pending.get(key);
    if (!of) {
      of = { seen: seenBefore(event), gone: undefined, last: event, initial: false };
      pending.set(key, of);
    }
    if (event.type === 'add') of.initial = event.isInInitialList;
    if (event.type === 'delete' && of.seen !== undefined) of.gone ??= event;
    of.last = event;
  }
  const shortest: InformerEvent<T>[] = [];
  for (const { seen, gone, last, initial } of pending.values()) {
    if (++done % step === 0) yield;
    // What was out of sight when it went, and came back, and was deleted, is deleted.
    if (gone) shortest.push(gone.leftScope && last.type === 'delete' ? last : gone);
    if (last.type === 'delete') continue;
    if (seen !== undefined && !gone) {
      shortest.push({ type: 'update', object: last.object, oldObject: seen, isResync: false });
    } else {
      shortest.push({ type: 'add', object: last.object, isInInitialList: initial });
    }
  }
  return shortest;
}

function seenBefore<T>(event: InformerEvent<T>): DeepReadonly<T> | undefined {
  switch (event.type) {
    case 'add':
      return undefined;
    case 'update':
      return event.oldObject;
    case 'delete':
      return event.object;
  }
}
