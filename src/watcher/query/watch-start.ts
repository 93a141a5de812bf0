import { refusal } from '../cache/index.ts';
import type { ReadOptions } from './options.ts';
import { isVersion } from './plan.ts';
import type { Watched, WatchStart } from './watch.ts';

/** Where a watch begins, by the rules of the API: see `resourceVersion` and `sendInitialEvents` there. */
export function startOf(kind: Watched, options: ReadOptions): WatchStart {
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
