import type { Predicate, ResourceEventHandler } from '../informer/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import { type Enqueueable, type EnqueueMap, enqueueTo } from './enqueue.ts';
import { isBackground, type Request, requestOf } from './request.ts';
import { requireFinite } from './work-queue.ts';

/** What a controller needs of an informer. */
export interface EventSource<T> {
  addEventHandler(handler: ResourceEventHandler<T>): EventSourceRegistration;
}

export interface EventSourceRegistration {
  /** Resolves when the handler has finished the initial list. */
  readonly ready: Promise<void>;
  remove(): Promise<void>;
}

/** Something whose changes make requests. Made by `sourceOf`. */
export interface ControllerSource {
  attach(queue: Enqueueable<Request>): EventSourceRegistration;
}

export interface SourceOptions<T> {
  /** What is to be reconciled when an object changes. Default: the object itself. */
  readonly map?: EnqueueMap<T, Request>;
  /** Which events count. Default: all. */
  readonly where?: Predicate<T>;
  /** The priority of its changes. What was there at the start, and resyncs, have -100 all the same. Default: 0. */
  readonly priority?: number;
}

/**
 * An informer as a source of requests.
 *
 * @example sourceOf(pods, { map: enqueueOwner({ group: 'apps', kind: 'ReplicaSet' }), where: resourceVersionChanged })
 */
export function sourceOf<T extends KubeObject>(
  informer: EventSource<T>,
  options: SourceOptions<T> = {},
): ControllerSource {
  const { map = requestOf, where = () => true, priority = 0 } = options;
  requireFinite('priority', priority);
  return {
    attach: (queue) =>
      informer.addEventHandler(
        enqueueTo<T, Request>(
          {
            name: queue.name,
            add: (item, reason) => queue.add(item, reason, isBackground(reason) ? undefined : priority),
          },
          map,
          where,
        ),
      ),
  };
}
