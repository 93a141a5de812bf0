import type { KubeObject } from '../kubernetes/index.ts';
import { abortable } from '../runtime/index.ts';
import { listPages } from './list-pages.ts';
import { isConcrete, type Session } from './session.ts';

export const defaultPageSize = 500;

/**
 * Fetches the whole state by list, and hands it to the store.
 *
 * | synced before | version lost | version asked for | page size |
 * |---|---|---|---|
 * | no | no | `0`: whatever the server has at hand | 500 |
 * | up to X | no | X: not older than that | none, so that the server can answer from its cache; 500 if that showed to have none |
 * | any | yes | none: the most recent state | 500 |
 *
 * A configured page size holds always.
 */
export async function listState<T extends KubeObject>(session: Session<T>, signal: AbortSignal): Promise<void> {
  const { options, listerWatcher, intake } = session;
  const { pageSize } = options;
  const resourceVersion = session.positionLost ? '' : (session.position ?? '0');
  const inPages = pageSize !== undefined || session.paginated || !isConcrete(resourceVersion);
  let kept = new Set<string>();
  let tally = intake.newTally();
  const state = await abortable(
    listPages<T>({
      list: (page) => {
        session.requests.list++;
        return listerWatcher.list(page, signal);
      },
      limit: inPages ? (pageSize ?? defaultPageSize) : undefined,
      resourceVersion,
      signal,
      onStart: () => {
        kept = new Set();
        tally = intake.newTally();
      },
      onPage: (items) => {
        session.heard();
        return intake.page(items, kept, tally);
      },
    }),
    signal,
  );
  if (resourceVersion === '0' && state.pages > 1) session.paginated = true;
  session.replace(state.objects, state.resourceVersion, kept, tally);
}
