import type { SharedIndexInformer } from '../informer/index.ts';
import type { DeepReadonly, GroupVersionResource, KubeObject, PartialObjectMetadata } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import { isList } from './namespaces.ts';
import type { ForResourceOptions, InformerDefaults } from './options.ts';
import { metadataOf, type Scope } from './scope.ts';

// An import would also load everything else that node:util exports, 4 MB of it.
const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

/** An informer that several may have asked for. */
export interface Shared {
  // An informer is kept under the key of its own type, and given out as that; here the type is forgotten.
  readonly informer: SharedIndexInformer<KubeObject>;
  readonly resource: GroupVersionResource;
  readonly scope: Scope;
  /** What it was made with. */
  readonly options: ForResourceOptions<never, string>;
  /** The index functions that were asked for, by name. */
  readonly indexers: Map<string, unknown>;
}

/** What two who share an informer must agree on. */
const common: readonly (keyof InformerDefaults | 'transform')[] = [
  'transform',
  'resyncPeriod',
  'immutability',
  'streamInitialState',
  'initialEventsTimeout',
  'idleTimeout',
  'watchTimeout',
  'pageSize',
  'backoff',
  'reconnects',
  'maxFailures',
  'whenNotServed',
  'maxObjects',
  'maxBytes',
];

/**
 * Gives an informer to somebody else, with the indexes that they need beside those that are there.
 *
 * @throws KubeInformerError `InvalidOption` if they ask for something that the informer is not.
 */
export function share<T extends KubeObject, Name extends string>(
  { informer, options: first, indexers }: Shared,
  options: ForResourceOptions<T, Name>,
): SharedIndexInformer<T, Name> {
  for (const name of contradictions(first, options)) {
    const hint =
      name === 'resyncPeriod'
        ? 'Give resyncPeriod to addEventHandler: each handler may have its own.'
        : `Give ${name} where the informer is asked for first, or use another factory.`;
    throw new KubeInformerError('InvalidOption', `${informer.name} is shared already, with another ${name}`, { hint });
  }
  // The key under which it was found stands for its type.
  const shared = informer as unknown as SharedIndexInformer<T, Name>;
  for (const [name, valuesOf] of Object.entries(options.indexers ?? {})) {
    if (!shared.indexer.hasIndex(name)) {
      shared.addIndexers({ [name]: valuesOf as never });
      indexers.set(name, valuesOf);
    } else if (!sameFunction(indexers.get(name), valuesOf)) {
      throw new KubeInformerError('InvalidOption', `${informer.name} is shared already, with another index "${name}"`, {
        hint: 'Give the index another name.',
      });
    }
  }
  return shared;
}

/** What an informer settles with its own cache, whatever the one has that it is a view of. */
const own: ReadonlySet<string> = new Set(['resyncPeriod', 'immutability', 'maxObjects', 'maxBytes']);

/**
 * Whether the metadata of a collection can be had from an informer that has the whole objects. Not if a transform stands between, nor if the one
 * is to ask the server in another way than the other, nor if the namespaces change: a view can't tell a namespace that left from a deletion.
 */
export function servesMetadata(whole: Shared, scope: Scope, options: Shared['options']): boolean {
  return (
    whole.scope.as === 'full' &&
    (scope.namespaces === '*' || isList(scope.namespaces)) &&
    metadataOf(whole.scope) === metadataOf(scope) &&
    whole.options.transform === undefined &&
    options.transform === undefined &&
    contradictions(whole.options, options).every((name) => own.has(name))
  );
}

/** What the server sends of an object to whoever asks for its metadata. The metadata itself is shared, not copied. */
export function metadataOnly({ metadata }: DeepReadonly<KubeObject>): PartialObjectMetadata {
  // It goes into a cache, out of which it comes as read-only as it was.
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: metadata as KubeObject['metadata'] };
}

/** Names of the options that are wanted and are not those that `first` has. */
function contradictions<T extends KubeObject, Name extends string>(
  first: Shared['options'],
  wanted: ForResourceOptions<T, Name>,
): (typeof common)[number][] {
  return common.filter((name) => wanted[name] !== undefined && !isDeepStrictEqual(wanted[name], first[name]));
}

/** The same one, or written in the same way: a literal at a place that is passed twice. */
function sameFunction(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'function' && String(one) === String(other));
}

/** Whether nothing more will come of it. */
export function hasEnded(informer: SharedIndexInformer<KubeObject>): boolean {
  const { phase } = informer.status();
  return phase === 'stopped' || phase === 'failed';
}
