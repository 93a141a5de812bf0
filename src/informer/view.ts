import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import type { ReflectorStatus } from '../reflector/index.ts';
import { asKubeInformerError } from '../runtime/index.ts';
import type { DeleteEvent, EventHandler, UpdateEvent } from './events.ts';
import { aborted, closePart, type Feed, type FeedOptions, newPart } from './feed.ts';
import type { EventHandlerOptions, HandlerRegistration } from './options.ts';
import type { Part } from './part.ts';
import type { InformerStatus } from './status.ts';

/** What a view needs of the informer that it is a view of. */
export interface Viewed {
  readonly name: string;
  readonly indexer: { readonly resourceVersion: string };
  readonly done: Promise<void>;
  start(signal?: AbortSignal): void;
  reconnect(): void;
  relist(): void;
  retryNow(): void;
  status(): InformerStatus;
  addEventHandler(handler: EventHandler<KubeObject>, options: EventHandlerOptions): HandlerRegistration;
}

/**
 * Another informer as the source of one: there is one watch, and each of the two has a cache of its own, of which the second one holds what `map`
 * makes of the objects of the first one.
 */
export class InformerView<T extends KubeObject> {
  readonly of: Viewed;
  /** Keeps the name, the namespace, the uid and the version. Must not throw. */
  readonly map: (object: DeepReadonly<KubeObject>) => T;

  constructor(of: Viewed, map: (object: DeepReadonly<KubeObject>) => T) {
    this.of = of;
    this.map = map;
  }
}

/**
 * Feeds a cache with the events of another informer.
 *
 * Invariants: the first delta is the whole initial state; after it each event is one. The informer of the view starts the other one, and ends
 * when that ends; its own end does the other one no harm.
 */
export class ViewFeed<T extends KubeObject> implements Feed<T> {
  readonly #view: InformerView<T>;
  readonly #options: FeedOptions<T>;
  readonly #part: Part<T>;
  /** What came before the initial state was complete. */
  #initial: Map<string, T> | undefined = new Map();

  constructor(view: InformerView<T>, options: FeedOptions<T>) {
    this.#view = view;
    this.#options = options;
    this.#part = newPart('', options);
  }

  get synced(): boolean {
    return this.#part.listed;
  }

  get awaiting(): Feed<T>['awaiting'] {
    return this.synced ? undefined : { error: undefined };
  }

  reflectors(): ReadonlyMap<string, ReflectorStatus> {
    return this.#view.of.status().reflectors;
  }

  reconnect(): void {
    this.#view.of.reconnect();
  }

  relist(): void {
    this.#view.of.relist();
  }

  retryNow(): void {
    this.#view.of.retryNow();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { of } = this.#view;
    const { onEnd, onStateChange } = this.#options;
    if (!signal.aborted) {
      try {
        of.start(signal);
        const name = 'view';
        const registration = of.addEventHandler(this.#handler(), { name, resyncPeriod: 0 });
        of.done.then(
          () => onEnd(undefined),
          (error) => onEnd(asKubeInformerError(error, 'Internal', of.name, 'Please report this.')),
        );
        onStateChange();
        await aborted(signal);
        closePart(this.#part);
        await registration.remove();
      } catch (thrown) {
        onEnd(asKubeInformerError(thrown, 'Internal', of.name, 'Please report this.'));
      }
    }
    closePart(this.#part);
  }

  onListed(): void {
    this.#options.onSynced();
  }

  onProgress(): void {}

  #handler(): EventHandler<KubeObject> {
    const { map, of } = this.#view;
    const { queue } = this.#part;
    const put = (object: DeepReadonly<KubeObject>, as: 'add' | 'update') => {
      if (this.#initial) this.#initial.set(keyOf(object), map(object));
      else queue[as](map(object));
      return queue.ready();
    };
    return {
      onAdd: (object) => put(object, 'add'),
      onUpdate: (_old, object, { isResync }: UpdateEvent<KubeObject>) => (isResync ? undefined : put(object, 'update')),
      onDelete: (object, { finalStateUnknown }: DeleteEvent<KubeObject>) => {
        if (this.#initial) this.#initial.delete(keyOf(object));
        else if (finalStateUnknown) queue.forget(keyOf(object));
        else queue.delete(map(object));
        return queue.ready();
      },
      onSynced: () => {
        const objects = Array.from(this.#initial?.values() ?? []);
        this.#initial = undefined;
        queue.replace(objects, of.indexer.resourceVersion);
      },
    };
  }
}
