import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import type { Delta } from '../queue/index.ts';
import type { Tally } from '../reflector/index.ts';
import { type Indexer, NAMESPACE_INDEX } from '../store/index.ts';
import { type Change, changeOf, tell } from './change.ts';
import type { InformerEvent } from './events.ts';
import type { Listing } from './listing.ts';

/** So many changes of one list are made in one step, which takes a millisecond or two. */
const oneStep = 1_000;
/** Objects between two places to be interrupted. */
const stride = 64;

/** Work that can be interrupted wherever it yields, and begun anew instead of being continued. */
export type Steps = Generator<void, void, undefined>;

export interface ReplacingOptions<T extends KubeObject> {
  readonly delta: Extract<Delta<T>, { type: 'Replaced' }>;
  readonly listing: Listing;
  readonly indexer: Indexer<T>;
  readonly seal: ((object: T) => void) | undefined;
  /** Of what the cache holds. */
  readonly tally: Tally;
  /** Told of changes just before they are in the cache. */
  readonly untold: (events: InformerEvent<T>[]) => void;
  /** Hands on what it was told. */
  readonly flush: () => void;
  /** After everything is in the cache, with what was counted of it; before the last events are told. */
  readonly committed: (tally: Tally) => void;
}

/**
 * Brings a complete state into the cache: beside the present one if it decides about all of it or most, else into it, so that a list of one of
 * many namespaces costs no more than its own objects.
 *
 * It becomes visible in one step. The exception is what nobody could rely on yet: the first state of a namespace that joins a cache of more
 * objects than it has itself, if it has more than a thousand, comes in slices.
 */
export function replacing<T extends KubeObject>(options: ReplacingOptions<T>): Steps {
  const { delta, indexer } = options;
  return delta.scope === '' || indexer.size <= delta.objects.length ? rebuild(options) : merge(options);
}

/** Builds the next state beside the present one. Costs as much as the whole cache. */
function* rebuild<T extends KubeObject>(options: ReplacingOptions<T>): Steps {
  const { delta, listing, indexer, seal, tally: present, untold, flush, committed } = options;
  const { objects, kept, resourceVersion } = delta;
  const next = indexer.replacement();
  const tally = present.empty();
  const changes: InformerEvent<T>[] = [];
  for (let at = 0; at < objects.length; at++) {
    const object = objects[at]!;
    const namespace = namespaceOf(object);
    if (listing.concerns(namespace)) {
      const key = keyOf(object);
      const old = next.get(key) ?? indexer.get(key);
      const change = changeOf(old, object);
      tally.put(key, object);
      if (change === 'none') {
        next.put(key, old!);
      } else {
        seal?.(object);
        next.put(key, object as DeepReadonly<T>);
        tell(changes, change, old, object as DeepReadonly<T>, listing.isInitial(namespace));
      }
    }
    if (at % stride === stride - 1) yield;
  }
  const events: InformerEvent<T>[] = [];
  let visited = 0;
  for (const [key, old] of indexer.entries()) {
    if (next.get(key) === undefined) {
      if (kept.has(key) || !listing.concerns(namespaceOf(old as KubeObject))) {
        tally.keep(key, present);
        next.put(key, old);
      } else events.push({ type: 'delete', object: old, finalStateUnknown: true });
    }
    if (++visited % stride === 0) yield;
  }
  // All at once: a handler that is added in between must not miss one and find the other in the cache.
  untold(events.length === 0 ? changes : events.concat(changes));
  next.commit(resourceVersion);
  committed(tally);
  flush();
}

/** What is to be done about one object of the cache. */
interface Edit<T extends KubeObject> {
  readonly key: string;
  readonly change: Exclude<Change, 'none'> | 'gone';
  readonly old: DeepReadonly<T> | undefined;
  readonly object: DeepReadonly<T> | undefined;
}

/** Compares first, without a change, then makes the changes. Costs as much as the namespace. */
function* merge<T extends KubeObject>(options: ReplacingOptions<T>): Steps {
  const { delta, listing, indexer, tally, untold, flush, committed } = options;
  const { scope, resourceVersion } = delta;
  const edits: Edit<T>[] = [];
  let growth = { objects: 0, bytes: 0 };
  if (listing.concerns(scope)) growth = yield* compare(options, edits);
  const inSlices = edits.length > oneStep;
  const initial = listing.isInitial(scope);
  if (inSlices && !initial) {
    yield* rebuild(options);
    return;
  }
  tally.check(growth.objects, growth.bytes);
  for (let at = 0; at < edits.length; at++) {
    const { key, change, old, object } = edits[at]!;
    const events: InformerEvent<T>[] = [];
    if (change === 'gone') events.push({ type: 'delete', object: old!, finalStateUnknown: true });
    else tell(events, change, old, object!, initial);
    // Before its change, each: code of the user that is called in the middle may look at both.
    untold(events);
    if (change === 'gone') {
      tally.delete(key);
      indexer.delete(key);
    } else {
      tally.set(key, object as object);
      indexer.put(object!, key);
    }
    if (inSlices && at % stride === stride - 1) {
      flush();
      yield;
    }
  }
  indexer.advance(resourceVersion);
  committed(tally);
  flush();
}

/** @returns how much more there will be. */
function* compare<T extends KubeObject>(
  { delta, indexer, seal, tally }: ReplacingOptions<T>,
  edits: Edit<T>[],
): Generator<void, { objects: number; bytes: number }, undefined> {
  const { scope, objects, kept } = delta;
  const present = new Map<string, DeepReadonly<T>>();
  const changes: Edit<T>[] = [];
  const growth = { objects: 0, bytes: 0 };
  for (let at = 0; at < objects.length; at++) {
    const object = objects[at]!;
    const key = keyOf(object);
    const old = present.get(key) ?? indexer.get(key);
    const change = changeOf(old, object);
    if (change === 'none') present.set(key, old!);
    else {
      seal?.(object);
      if (change === 'new') growth.objects++;
      growth.bytes += tally.growth(key, object);
      present.set(key, object as DeepReadonly<T>);
      changes.push({ key, change, old, object: object as DeepReadonly<T> });
    }
    if (at % stride === stride - 1) yield;
  }
  let visited = 0;
  // A copy, for this may be interrupted.
  for (const key of Array.from(indexer.indexKeys(NAMESPACE_INDEX, scope))) {
    if (!present.has(key) && !kept.has(key)) {
      growth.objects--;
      growth.bytes += tally.growth(key, undefined);
      edits.push({ key, change: 'gone', old: indexer.get(key)!, object: undefined });
    }
    if (++visited % stride === 0) yield;
  }
  for (const change of changes) edits.push(change);
  return growth;
}

function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? '';
}
