import { ApiStatusError, type ListOptions, type ListResult } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import { isConcrete } from './session.ts';

export interface ListPagesOptions<T> {
  readonly list: (options: ListOptions) => Promise<ListResult<T>>;
  /** Page size; `undefined`: everything in one answer. */
  readonly limit: number | undefined;
  readonly resourceVersion: string;
  /** Looked at before each page. */
  readonly signal: AbortSignal;
  /** Called before the first page, again if everything has to be listed anew. */
  readonly onStart: () => void;
  /** Called with each page as it arrives; returns the items to keep. */
  readonly onPage: (items: readonly T[]) => Promise<readonly T[]> | readonly T[];
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
 * the pages so far are worth nothing, and everything is listed in one answer instead, at the version first asked for. What comes of that
 * is final.
 *
 * @throws KubeInformerError what `list` rejects with; `UnexpectedKind` if the server hands out the same token again, which would never end
 */
export async function listPages<T>(options: ListPagesOptions<T>): Promise<ListedPages<T>> {
  const { list, limit, resourceVersion, signal, onStart, onPage } = options;
  onStart();
  const start: ListOptions = {
    ...(resourceVersion !== '' && { resourceVersion }),
    // Beside a limit, a version alone means exactly that one: the state that a watch from there was just refused for.
    ...(limit !== undefined && isConcrete(resourceVersion) && { resourceVersionMatch: 'NotOlderThan' }),
    ...(limit !== undefined && { limit }),
  };
  signal.throwIfAborted();
  const first = await list(start);
  let objects = await onPage(first.items);
  let pages = 1;
  for (let token = first.continue; token !== ''; ) {
    signal.throwIfAborted();
    let page: ListResult<T>;
    try {
      page = await list({ ...(limit !== undefined && { limit }), continue: token });
    } catch (error) {
      // Without a page size there is no other way left, though the server may have paged all the same.
      if (limit === undefined || !isExpired(error)) throw error;
      const whole = await listPages({ ...options, limit: undefined });
      return { ...whole, pages: pages + whole.pages };
    }
    // One growing array for all pages: pages of a large collection are many.
    if (pages === 1) objects = Array.from(objects);
    for (const object of await onPage(page.items)) (objects as T[]).push(object);
    pages++;
    if (page.continue === token) throw sameToken();
    token = page.continue;
  }
  return { objects, resourceVersion: first.resourceVersion, pages };
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status.reason === 'Expired';
}

function sameToken(): KubeInformerError {
  return new KubeInformerError('UnexpectedKind', 'the server continued a list with the token that it was sent', {
    hint: 'The API that serves this resource does not implement paging; report it there.',
  });
}
