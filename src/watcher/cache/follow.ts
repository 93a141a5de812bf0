import type { CachedKind } from './cached-kind.ts';
import type { Following, FollowOptions, KindListener } from './events.ts';

type Followed = Pick<CachedKind, 'log' | 'seq' | 'synced' | 'snapshot' | 'onChange'>;

/**
 * Tells `listener` of a kind: of its state and what changes, or of what changes alone. Nothing is told twice and nothing is left out: what waits for the log
 * while the snapshot is taken is in the snapshot.
 */
export function follow(kind: Followed, listener: KindListener, { from = 'snapshot' }: FollowOptions = {}): Following {
  /** What came up to here was told, or is not to be; `undefined` while the kind has not synced. */
  let begin: number | undefined;
  let stopWaiting = () => {};
  const stopListening = kind.log.onAppend((event) => {
    if (begin !== undefined && event.seq > begin) listener.onEvent(event);
  });
  const beginWithSnapshot = () => {
    const snapshot = kind.snapshot();
    begin = snapshot.seq;
    listener.onSnapshot?.(snapshot);
  };
  if (from === 'now') begin = kind.seq;
  else if (typeof from === 'number' && from >= kind.log.start && from <= kind.log.seq) {
    begin = kind.log.seq;
    for (let seq = from + 1; seq <= begin; seq++) listener.onEvent(kind.log.at(seq)!);
  } else if (kind.synced) beginWithSnapshot();
  else {
    stopWaiting = kind.onChange(() => {
      if (!kind.synced) return;
      stopWaiting();
      beginWithSnapshot();
    });
  }
  return {
    stop: () => {
      stopWaiting();
      stopListening();
    },
  };
}
