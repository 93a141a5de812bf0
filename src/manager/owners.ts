import type { EventHandlerOptions, HandlerRegistration, ResourceEventHandler } from '../informer/index.ts';
import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import type { Lister } from '../store/index.ts';
import type { WatchOwner, WatchPin } from './key.ts';

/** What is needed of an informer of owners: any informer fits. */
export interface OwnerInformer<T extends KubeObject> {
  addEventHandler(handler: ResourceEventHandler<T>, options?: EventHandlerOptions): HandlerRegistration;
  readonly lister: Lister<T>;
}

/** The end of a binding. */
export interface Binding extends AsyncDisposable {
  /** Resolves when it knows every owner that is there. */
  readonly ready: Promise<void>;
  /** It follows the owners no longer; what is watched stays. */
  stop(): Promise<void>;
}

interface Bound {
  readonly informer: OwnerInformer<KubeObject>;
  readonly uid: string | undefined;
  readonly registration: HandlerRegistration;
}

/** Owners that are bound to their objects: when such an object is gone, `onGone` is called. */
export class BoundOwners {
  readonly #bound = new Map<string, Bound>();
  readonly #onGone: (owner: WatchOwner) => void;

  constructor(onGone: (owner: WatchOwner) => void) {
    this.#onGone = onGone;
  }

  /** @param key of the owner. An owner is bound once; bound again with another uid or informer, the later call holds. */
  bind(key: string, owner: WatchOwner, informer: OwnerInformer<KubeObject>): void {
    const known = this.#bound.get(key);
    if (known?.informer === informer && known.uid === owner.uid) return;
    this.release(key);
    const objectKey = objectKeyOf(owner);
    const gone = () => {
      this.release(key);
      this.#onGone(owner);
    };
    const isAnother = (object: DeepReadonly<KubeObject> | undefined) =>
      owner.uid !== undefined && object?.metadata.uid !== owner.uid;
    const registration = informer.addEventHandler(
      {
        onDelete: (object) => {
          if (!isAnother(object)) gone();
        },
        onSynced: () => {
          // Gone before anybody looked.
          const object = informer.lister.get(owner.namespace, owner.name);
          if (!object || isAnother(object)) gone();
        },
      },
      { key: objectKey, name: `owner ${objectKey}` },
    );
    this.#bound.set(key, { informer, uid: owner.uid, registration });
  }

  release(key: string): void {
    void this.#bound.get(key)?.registration.remove();
    this.#bound.delete(key);
  }

  clear(): void {
    for (const key of Array.from(this.#bound.keys())) this.release(key);
  }
}

/** The kind that owners are of. It is given, as the items of a list need not say it. */
export interface OwnerKind {
  readonly group: string;
  readonly kind: string;
}

/** What becomes of owners as they come, change and go. */
export interface OwnerHooks<T extends KubeObject> {
  readonly onPresent: (owner: WatchOwner, object: DeepReadonly<T>) => void;
  readonly onGone: (owner: WatchOwner) => void;
  /** The binding has ended. */
  readonly onStop: () => void;
  /** The owners, of any kind, of what is watched at present. */
  readonly owners: () => readonly (WatchOwner | WatchPin)[];
}

/** Follows all owners of one kind. */
export function followOwners<T extends KubeObject>(
  informer: OwnerInformer<T>,
  { group, kind }: OwnerKind,
  { onPresent, onGone, onStop, owners }: OwnerHooks<T>,
): Binding {
  const ownerOf = (object: DeepReadonly<T>): WatchOwner => {
    const { name, namespace = '', uid } = (object as DeepReadonly<KubeObject>).metadata;
    return { group, kind, namespace, name, uid };
  };
  const registration = informer.addEventHandler(
    {
      onAdd: (object) => onPresent(ownerOf(object), object),
      onUpdate: (_old, object) => onPresent(ownerOf(object), object),
      onDelete: (object) => onGone(ownerOf(object)),
      onSynced: () => {
        // Some may have gone before anybody looked.
        for (const owner of owners()) {
          if ('pin' in owner || owner.group !== group || owner.kind !== kind) continue;
          const object = informer.lister.get(owner.namespace, owner.name);
          if (!object) onGone(owner);
        }
      },
    },
    { name: `owners of kind ${kind}` },
  );
  const stop = () => {
    onStop();
    return registration.remove();
  };
  return { ready: registration.ready, stop, [Symbol.asyncDispose]: stop };
}

function objectKeyOf({ namespace, name }: WatchOwner): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
