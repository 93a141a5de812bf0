import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EventSource, EventSourceRegistration } from '../../../src/controller/index.ts';
import type { InformerEvent, ResourceEventHandler } from '../../../src/informer/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { settle } from '../../../src/testing/index.ts';

export interface Widget extends KubeObject {
  spec: { color: string; size?: number };
  status?: { ready: boolean };
}

type WidgetOptions = Partial<Omit<Widget, 'metadata'>> & { metadata?: Partial<Widget['metadata']> };

/** A widget named `shop/<name>`. */
export function widget(name: string, { metadata, ...rest }: WidgetOptions = {}): Widget {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid of ${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      ...metadata,
    },
    spec: { color: 'blue' },
    ...rest,
  };
}

export const added = <T>(object: T, isInInitialList = false) =>
  ({ type: 'add', object, isInInitialList }) as InformerEvent<T>;
export const updated = <T>(oldObject: T, object: T, isResync = false) =>
  ({ type: 'update', oldObject, object, isResync }) as InformerEvent<T>;
export const deleted = <T>(object: T, finalStateUnknown = false) =>
  ({ type: 'delete', object, finalStateUnknown }) as InformerEvent<T>;

/** Tells a handler of an event, as an informer does. */
export function tell<T>(handler: ResourceEventHandler<T>, event: InformerEvent<T>): void {
  if (event.type === 'add') handler.onAdd?.(event.object, event);
  else if (event.type === 'update') handler.onUpdate?.(event.oldObject, event.object, event);
  else handler.onDelete?.(event.object, event);
}

/** An informer that says what the test wants. Unsynced until `sync` is called. */
export class FakeInformer<T extends KubeObject = Widget> implements EventSource<T> {
  readonly handlers = new Set<ResourceEventHandler<T>>();
  readonly #ready = Promise.withResolvers<void>();

  addEventHandler(handler: ResourceEventHandler<T>): EventSourceRegistration {
    this.handlers.add(handler);
    return {
      ready: this.#ready.promise,
      remove: async () => {
        this.handlers.delete(handler);
        this.end();
      },
    };
  }

  sync(): this {
    this.#ready.resolve();
    return this;
  }

  /** Who still waits for the sync waits in vain. */
  end(): void {
    this.#ready.reject(new KubeInformerError('SyncAborted', 'the informer ended', { hint: 'none' }));
  }

  say(event: InformerEvent<T>): void {
    for (const handler of this.handlers) tell(handler, event);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Whether nothing keeps what `reference` refers to. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  await settle();
  collectGarbage();
  return reference.deref() === undefined;
}
