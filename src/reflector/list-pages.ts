import { ApiStatusError, type ListerWatcher, type ListOptions, type ListResult } from '../kubernetes/index.ts';

export interface ListPagesOptions<T> {
  readonly listerWatcher: ListerWatcher<T>;
  /** Page size; `undefined`: everything in one answer. */
  readonly limit: number | undefined;
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
  /** Called before the first page, again if everything has to be listed anew. */
  readonly onStart: () => void;
  /** Called with each page as it arrives; returns the items to keep. */
  readonly onPage: (items: T[]) => Promise<readonly T[]> | readonly T[];
}

export interface ListedPages<T> {
  readonly objects: readonly T[];
  /** Of the first page: the later ones show the same state. */
  readonly resourceVersion: string;
  readonly pages: number;
}

/**
 * Lists a collection page by page.
 *
 * From the second page on only the token is sent: the server refuses a resource version beside it. If a token expires on the way
 * the pages so far are worth nothing, and everything is listed in one answer instead, at the version first asked for.
 */
export async function listPages<T>(options: ListPagesOptions<T>): Promise<ListedPages<T>> {
  const { listerWatcher, limit, resourceVersion, signal, onStart, onPage } = options;
  onStart();
  const start: ListOptions = {
    ...(resourceVersion !== '' && { resourceVersion }),
    ...(limit !== undefined && { limit }),
  };
  const first = await listerWatcher.list(start, signal);
  let objects = await onPage(first.items);
  let pages = 1;
  for (let token = first.continue; token !== ''; ) {
    let page: ListResult<T>;
    try {
      page = await listerWatcher.list({ ...(limit !== undefined && { limit }), continue: token }, signal);
    } catch (error) {
      if (!(error instanceof ApiStatusError) || error.status.reason !== 'Expired') throw error;
      const whole = await listPages({ ...options, limit: undefined });
      return { ...whole, pages: pages + whole.pages };
    }
    // One growing array for all pages: pages of a large collection are many.
    if (pages === 1) objects = Array.from(objects);
    for (const object of await onPage(page.items)) (objects as T[]).push(object);
    pages++;
    token = page.continue;
  }
  return { objects, resourceVersion: first.resourceVersion, pages };
}
