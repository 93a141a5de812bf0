import { ApiStatusError, type Clock, type KubeClient, type KubeObject, type WatchEvent } from '../../../index.ts';
import type { CachedKind } from '../../cache/index.ts';
import { isCovered } from './held.ts';

/** A watch from a version tells at once of what came after it; so long it is listened to, seconds. */
const listening = 5;

export interface ReplayOptions {
  readonly kind: CachedKind;
  readonly client: Pick<KubeClient, 'resource'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** From here on everything is known. */
  readonly since: string;
  readonly onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) => void;
}

/**
 * Hears from the server what happened to a kind after a version and before the cache began: what was deleted then is in no list. As far back as the server remembers.
 *
 * @returns whether that was all of it. `lost`: the server no longer knows. `cut`: it may be tried again.
 * @throws KubeInformerError
 */
export async function replay(from: string, options: ReplayOptions): Promise<'complete' | 'lost' | 'cut'> {
  const { namespaces } = options.kind.scope;
  const scopes = namespaces === '*' ? [undefined] : namespaces;
  const ends = await Promise.all(scopes.map((namespace) => replayOne(from, namespace, options)));
  return ends.find((end) => end === 'lost') ?? ends.find((end) => end === 'cut') ?? 'complete';
}

async function replayOne(
  from: string,
  namespace: string | undefined,
  { kind, client, clock, signal, since, onEvent }: ReplayOptions,
): Promise<'complete' | 'lost' | 'cut'> {
  const { labelSelector, fieldSelector } = kind.scope;
  const prune = ['metadata.managedFields'];
  const source = client.resource<KubeObject>(kind.resource, { namespace, labelSelector, fieldSelector, prune });
  const begun = clock.monotonic();
  try {
    const options = { resourceVersion: from, timeoutSeconds: listening, allowWatchBookmarks: true };
    const stream = await source.watch(options, signal);
    for await (const batch of stream) {
      for (const event of batch) {
        if (event.type === 'ERROR') return event.object.code === 410 ? 'lost' : 'cut';
        tell(event, onEvent);
        if (isCovered(since, event.object.metadata.resourceVersion ?? '')) return 'complete';
      }
    }
  } catch (thrown) {
    if (thrown instanceof ApiStatusError && thrown.status.code === 410) return 'lost';
    throw thrown;
  }
  // It ended in good order only if its time was over.
  return clock.monotonic() - begun >= (listening - 1) * 1_000 ? 'complete' : 'cut';
}

function tell(event: WatchEvent<KubeObject>, onEvent: ReplayOptions['onEvent']): void {
  if (event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED')
    onEvent(event.type, event.object);
}
