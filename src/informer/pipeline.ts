import { type DeepReadonly, type Keyed, type KubeObject, keyOf, parseLabelSelector } from '../kubernetes/index.ts';
import { dispatch, type EventHandler, type InformerEvent, type ResourceEventHandler } from './events.ts';
import type { Path } from './paths.ts';
import type { Predicate } from './predicates.ts';
import { type Projection, project } from './projection.ts';

/** Decides by the state of an object alone, so that the same state is always decided the same way. */
export type Filter<T> = (object: DeepReadonly<T>) => boolean;

/**
 * Steps between an informer and one handler. What comes out obeys the same rules as what went in: for each object the events chain, from
 * an add to a delete.
 *
 * - An object that begins to match the filters is an add; one that stops matching is a delete of its last matching state.
 * - An update that the predicates refuse is left out; the next one that passes has as its old object what the handler saw last.
 * - A state with the uid and the resource version of the one that the handler saw last is left out, resyncs excepted.
 *
 * A pipeline is a value: every step makes a new one. It remembers which objects its handler has seen (references only) for
 * each handler that `to` makes.
 *
 * @example
 * informer.addEventHandler(
 *   pipeline<Pod>()
 *     .matching('app in (web, api)')
 *     .filter((pod) => pod.status?.phase === 'Running')
 *     .changed(labelsChanged)
 *     .project(['metadata.name', 'spec.nodeName'])
 *     .to(({ type, object }) => console.log(type, object.metadata.name, object.spec?.nodeName)),
 * );
 */
export class Pipeline<T extends KubeObject, U = T> {
  readonly #filters: readonly Filter<T>[];
  readonly #predicates: readonly Predicate<T>[];
  readonly #map: ((object: DeepReadonly<T>) => DeepReadonly<U>) | undefined;

  /** Use `pipeline()`. */
  constructor(
    filters: readonly Filter<T>[],
    predicates: readonly Predicate<T>[],
    map: ((object: DeepReadonly<T>) => DeepReadonly<U>) | undefined,
  ) {
    this.#filters = filters;
    this.#predicates = predicates;
    this.#map = map;
  }

  /** Only objects that `filter` accepts. */
  filter(filter: Filter<T>): Pipeline<T, U> {
    return new Pipeline([...this.#filters, filter], this.#predicates, this.#map);
  }

  /** Only objects whose labels match. @throws KubeInformerError `InvalidSelector` */
  matching(labelSelector: string): Pipeline<T, U> {
    const selector = parseLabelSelector(labelSelector);
    return this.filter((object) => selector.matches((object as KubeObject).metadata.labels ?? {}));
  }

  /** Only updates that `predicate` passes; for several at once see `allOf` and `anyOf`. Adds and deletes are not asked about. */
  changed(predicate: Predicate<T>): Pipeline<T, U> {
    return new Pipeline(this.#filters, [...this.#predicates, predicate], this.#map);
  }

  /** Gives the handler what `map` makes of each object. It comes after all filters and predicates, wherever it stands. */
  map<V>(map: (object: DeepReadonly<U>) => V): Pipeline<T, V> {
    const before = this.#map ?? ((object: DeepReadonly<T>) => object as unknown as DeepReadonly<U>);
    const all = (object: DeepReadonly<T>) => map(before(object)) as DeepReadonly<V>;
    return new Pipeline(this.#filters, this.#predicates, all);
  }

  /** Gives the handler what stands at `paths`, and nothing else. @throws KubeInformerError `InvalidOption` */
  project<const P extends Path>(paths: readonly P[]): Pipeline<T, Projection<U, P>> {
    return this.map(project<U>()(paths));
  }

  /** The handler to be added to an informer, once. */
  to(handler: EventHandler<U>): ResourceEventHandler<T> {
    const seen = new Map<string, DeepReadonly<T>>();
    const pass = (event: InformerEvent<T>) => {
      const key = keyOf(event.object as Keyed);
      const passed = this.#pass(event, seen.get(key));
      if (!passed) return undefined;
      if (passed.type === 'delete') seen.delete(key);
      else seen.set(key, passed.object);
      return dispatch(handler, this.#mapped(passed));
    };
    const hooks = typeof handler === 'function' ? {} : handler;
    return {
      onAdd: (_object, event) => pass(event),
      onUpdate: (_oldObject, _object, event) => pass(event),
      onDelete: (_object, event) => pass(event),
      onSynced: () => hooks.onSynced?.(),
      onClose: () => hooks.onClose?.(),
    };
  }

  #pass(event: InformerEvent<T>, before: DeepReadonly<T> | undefined): InformerEvent<T> | undefined {
    const matches = event.type !== 'delete' && this.#filters.every((filter) => filter(event.object));
    if (!matches) {
      if (!before) return undefined;
      return event.type === 'delete' ? event : { type: 'delete', object: before, finalStateUnknown: false };
    }
    if (!before) {
      return { type: 'add', object: event.object, isInInitialList: event.type === 'add' && event.isInInitialList };
    }
    const isResync = event.type === 'update' && event.isResync;
    const update: InformerEvent<T> = { type: 'update', object: event.object, oldObject: before, isResync };
    if (!isResync && sameVersion(before as KubeObject, event.object as KubeObject)) return undefined;
    return this.#predicates.every((predicate) => predicate(update)) ? update : undefined;
  }

  #mapped(event: InformerEvent<T>): InformerEvent<U> {
    const map = this.#map;
    // Without a map U is T.
    if (!map) return event as unknown as InformerEvent<U>;
    if (event.type === 'update') return { ...event, object: map(event.object), oldObject: map(event.oldObject) };
    return { ...event, object: map(event.object) };
  }
}

/** A pipeline with no steps yet. */
export function pipeline<T extends KubeObject>(): Pipeline<T> {
  return new Pipeline<T>([], [], undefined);
}

function sameVersion(before: KubeObject, after: KubeObject): boolean {
  const { uid, resourceVersion } = after.metadata;
  return Boolean(resourceVersion) && before.metadata.resourceVersion === resourceVersion && before.metadata.uid === uid;
}
