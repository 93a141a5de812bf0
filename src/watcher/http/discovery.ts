import { isDeepStrictEqual } from 'node:util';
import type { Catalogue, Definition } from '../cache/index.ts';
import { API_VERSION } from './control-resource.ts';

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
export function discoveryList(catalogue: Catalogue): object {
  return { apiVersion: API_VERSION, kind: 'DiscoveryList', metadata: {}, items: [...discovered(catalogue).values()] };
}

/** Writes a line for each kind that is served, then one for each that comes, changes or goes; until `signal` is aborted. */
export async function watchDiscovery(
  catalogue: Catalogue,
  write: (line: string) => unknown,
  signal: AbortSignal,
): Promise<void> {
  let known = new Map<string, DiscoveredKind>();
  const tell = () => {
    const now = discovered(catalogue);
    for (const [key, object] of known) if (!now.has(key)) write(lineOf('DELETED', object));
    for (const [key, object] of now) {
      const before = known.get(key);
      if (!before) write(lineOf('ADDED', object));
      else if (!isDeepStrictEqual(before, object)) write(lineOf('MODIFIED', object));
    }
    known = now;
  };
  tell();
  const stop = catalogue.onChange(tell);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  stop();
}

function lineOf(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: DiscoveredKind): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function discovered(catalogue: Catalogue): Map<string, DiscoveredKind> {
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
