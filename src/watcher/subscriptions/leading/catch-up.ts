import {
  asKubeInformerError,
  type Clock,
  compareResourceVersions,
  type KubeClient,
  type KubeInformerError,
  type KubeObject,
  keyOf,
  sleep,
} from '../../../index.ts';
import type { CachedKind } from '../../cache/index.ts';
import { isCovered } from './held.ts';

/** How often it is looked whether the cache has got there, and how long until a list is tried again, milliseconds. */
const interval = 25;
const retryAfter = 1_000;

export interface CatchUpOptions {
  readonly kind: CachedKind;
  readonly client: Pick<KubeClient, 'resource'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onError: (error: KubeInformerError) => void;
}

/**
 * Waits until a cache knows all that anybody can have been told of up to now, and its log as well: a new leader must not tell of a state that is older than what its predecessor
 * told. Objects that the server lists now (their metadata alone, past all caches) are there in that version or a newer one, and those that it does not list are gone.
 *
 * The position of the cache can't say that: it moves with changes and bookmarks only, and a quiet kind has one a minute.
 *
 * @returns `false` if `signal` was aborted first.
 */
export async function catchUp({ kind, client, clock, signal, onError }: CatchUpOptions): Promise<boolean> {
  const until = async (condition: () => boolean) => {
    while (!condition()) if (!(await sleep(clock, interval, signal))) return false;
    return true;
  };
  if (!(await until(() => kind.synced))) return false;
  for (;;) {
    if (signal.aborted) return false;
    try {
      const lists = await Promise.all(namespacesOf(kind).map((namespace) => listNow(kind, client, namespace, signal)));
      const isOverrun = () => lists.some(({ seq }) => kind.log.start > seq);
      let reached = false;
      const isDecided = () => {
        reached = lists.every((list) => hasReached(kind, list));
        return reached || isOverrun();
      };
      if (!(await until(isDecided))) return false;
      // The log no longer says what went since: the next list does.
      if (!reached) continue;
      const { seq } = kind;
      return await until(() => kind.log.seq >= seq);
    } catch (thrown) {
      if (signal.aborted) return false;
      onError(asKubeInformerError(thrown, 'ConnectionFailed', `the state of ${kind.key}`, 'It is asked for again.'));
      if (!(await sleep(clock, retryAfter, signal))) return false;
    }
  }
}

interface Listed {
  /** `undefined` for all. */
  readonly namespace: string | undefined;
  readonly versions: ReadonlyMap<string, string>;
  readonly resourceVersion: string;
  /** Where the log was before. */
  readonly seq: number;
}

function namespacesOf({ scope: { namespaces } }: CachedKind): (string | undefined)[] {
  return namespaces === '*' ? [undefined] : [...namespaces];
}

async function listNow(
  { resource, log: { seq }, scope: { labelSelector, fieldSelector } }: CachedKind,
  client: Pick<KubeClient, 'resource'>,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Listed> {
  const lister = client.resource<KubeObject>(resource, { namespace, labelSelector, fieldSelector, as: 'metadata' });
  const versions = new Map<string, string>();
  let page = await lister.list({ limit: 500 }, signal);
  const { resourceVersion } = page;
  for (;;) {
    for (const object of page.items) versions.set(keyOf(object), object.metadata.resourceVersion ?? '');
    if (page.continue === '') return { namespace, versions, resourceVersion, seq };
    page = await lister.list({ limit: 500, continue: page.continue }, signal);
  }
}

/** Whether a cache is as new as a list. */
function hasReached(kind: CachedKind, { namespace, versions, resourceVersion, seq }: Listed): boolean {
  const { indexer } = kind;
  if (!indexer) return false;
  if (namespace === undefined && isCovered(resourceVersion, kind.resourceVersion)) return true;
  for (const [key, version] of versions) {
    const cached = indexer.get(key)?.metadata.resourceVersion;
    // What is listed and not cached came just now, or went after the list was made; one more look tells.
    if (
      cached === undefined ? !wentSince(kind, key, version, seq) : (compareResourceVersions(cached, version) ?? 0) < 0
    ) {
      return false;
    }
  }
  for (const { metadata } of indexer.list()) {
    if (namespace !== undefined && metadata.namespace !== namespace) continue;
    const isNewer = !isCovered(metadata.resourceVersion, resourceVersion);
    if (!isNewer && !versions.has(keyOf({ metadata }))) return false;
  }
  return true;
}

/** Whether the log has the end of an object since it was listed: after a position, or a version. */
function wentSince({ log }: CachedKind, key: string, version: string, since: number): boolean {
  for (let { seq } = log; seq > log.start; seq--) {
    const event = log.at(seq);
    if (event?.type !== 'DELETED' || keyOf(event.object) !== key) continue;
    return seq > since || (compareResourceVersions(event.object.metadata.resourceVersion, version) ?? 0) >= 0;
  }
  return false;
}
