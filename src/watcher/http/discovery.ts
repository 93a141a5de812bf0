import { isDeepStrictEqual } from 'node:util';
import type { Catalogue, Definition } from '../cache/index.ts';
import type { Sink } from '../query/index.ts';
import { API_VERSION } from './control-resource.ts';

type Discovering = Pick<Catalogue, 'resources' | 'definitions' | 'onChange'>;

/** A kind that the cluster serves; of custom ones also whether this version is stored and the definition is established. */
interface DiscoveredKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly verbs: readonly string[];
  readonly served: boolean;
  readonly storage?: boolean;
  readonly established?: boolean;
}

/** What the cluster serves, kind by kind. */
export function discoveryList(catalogue: Discovering): object {
  return { apiVersion: API_VERSION, kind: 'DiscoveryList', metadata: {}, items: [...discovered(catalogue).values()] };
}

/**
 * Writes a line for each kind that is served, then one for each that comes, changes or goes; until nobody reads any more. What changes while a reader is
 * slow is told as one difference: nothing piles up.
 */
export async function watchDiscovery(catalogue: Discovering, sink: Sink): Promise<void> {
  let known = new Map<string, DiscoveredKind>();
  let changed = Promise.withResolvers<void>();
  const wake = () => changed.resolve();
  const stop = catalogue.onChange(wake);
  sink.signal.addEventListener('abort', wake, { once: true });
  while (!sink.signal.aborted) {
    changed = Promise.withResolvers();
    const now = discovered(catalogue);
    const lines = difference(known, now);
    known = now;
    if (lines !== '' && !sink.write(Buffer.from(lines))) await sink.drained();
    else await changed.promise;
  }
  stop();
}

function difference(known: ReadonlyMap<string, DiscoveredKind>, now: ReadonlyMap<string, DiscoveredKind>): string {
  let lines = '';
  for (const [key, object] of known) if (!now.has(key)) lines += lineOf('DELETED', object);
  for (const [key, object] of now) {
    const before = known.get(key);
    if (!before) lines += lineOf('ADDED', object);
    else if (!isDeepStrictEqual(before, object)) lines += lineOf('MODIFIED', object);
  }
  return lines;
}

function lineOf(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: DiscoveredKind): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function discovered(catalogue: Discovering): Map<string, DiscoveredKind> {
  const custom = (catalogue.definitions?.indexer.list() ?? []) as unknown as readonly Definition[];
  const defined = new Map(custom.map((definition) => [definition.metadata.name, definition]));
  return new Map(
    catalogue.resources.map(({ group, version, resource, kind, namespaced, verbs }) => {
      const definition = defined.get(`${resource}.${group}`);
      const own = definition?.spec.versions.find(({ name }) => name === version);
      const conditions = definition?.status?.conditions ?? [];
      const object: DiscoveredKind = {
        group,
        version,
        kind,
        plural: resource,
        scope: namespaced ? 'Namespaced' : 'Cluster',
        verbs,
        served: own?.served ?? true,
        ...(own && {
          storage: own.storage,
          established: conditions.some(({ type, status }) => type === 'Established' && status === 'True'),
        }),
      };
      return [`${group}/${version}/${resource}`, object];
    }),
  );
}
