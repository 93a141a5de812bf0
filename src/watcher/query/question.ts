import type { ApiResource } from '../../index.ts';
import type { Json } from './field-matches.ts';
import type { EventsWanted } from './watch-start.ts';

/** What is asked, beside the path. */
export interface Question {
  readonly params?: URLSearchParams | undefined;
  /** Values by path; only queries with a body have them. */
  readonly fieldMatches?: Readonly<Record<string, Json>> | undefined;
  /** The header that says in which form the answer is wanted. */
  readonly accept?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** A watch is to come as server-sent events. */
  readonly events?: EventsWanted | undefined;
  /** Whether who asks may read another kind that is needed for the answer. Default: they may. @throws ApiStatusError 403 */
  readonly mayList?: (resource: ApiResource, namespace: string | undefined) => Promise<void> | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}
