import { isDeepStrictEqual } from 'node:util';
import type { SharedIndexInformer } from '../informer/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { ForResourceOptions, InformerDefaults } from './options.ts';

/** An informer that several may have asked for. */
export interface Shared {
  // An informer is kept under the key of its own type, and given out as that; here the type is forgotten.
  readonly informer: SharedIndexInformer<KubeObject>;
  /** What it was made with. */
  readonly options: ForResourceOptions<never, string>;
  /** The index functions that were asked for, by name. */
  readonly indexers: Map<string, unknown>;
  /** Whether `start` was called for it. */
  started: boolean;
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
  'maxFailures',
  'whenNotServed',
  'maxObjects',
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
  for (const name of common) {
    if (options[name] === undefined || isDeepStrictEqual(options[name], first[name])) continue;
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

/** The same one, or written in the same way: a literal at a place that is passed twice. */
function sameFunction(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'function' && String(one) === String(other));
}
