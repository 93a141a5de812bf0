import type { HandlerRegistration, NamespaceSource, SharedIndexInformer } from '../informer/index.ts';
import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import type { KubeInformerError } from '../runtime/index.ts';
import { type SelectionScope, selects } from './namespaces.ts';

type Namespace = DeepReadonly<KubeObject>;

/** Users of something that is made for the first of them, and ended after the last. */
abstract class Lent<T> {
  #users = 0;
  #lent: T | undefined;
  #returned: Promise<void> = Promise.resolve();

  protected get lent(): T | undefined {
    return this.#lent;
  }

  protected abstract make(): T;
  protected abstract end(made: T): Promise<void>;

  borrow(): T {
    this.#users++;
    this.#lent ??= this.make();
    return this.#lent;
  }

  /** Resolves when nothing is left of it, if this was the last user. */
  async giveBack(): Promise<void> {
    if (--this.#users > 0) return;
    const made = this.#lent;
    this.#lent = undefined;
    if (made !== undefined) this.#returned = this.end(made);
    await this.#returned;
  }
}

/** The one informer of Namespace objects that all selections of a factory share. It runs while one of them is in use. */
export class NamespaceInformer extends Lent<SharedIndexInformer<KubeObject>> {
  readonly #create: () => SharedIndexInformer<KubeObject>;

  constructor(create: () => SharedIndexInformer<KubeObject>) {
    super();
    this.#create = create;
  }

  protected make(): SharedIndexInformer<KubeObject> {
    const informer = this.#create();
    informer.start();
    return informer;
  }

  protected end(informer: SharedIndexInformer<KubeObject>): Promise<void> {
    return informer.stop();
  }
}

/**
 * The namespaces that a selection matches at present.
 *
 * Invariants: `current` is known from when all namespaces have been looked at, as long as somebody uses it; it is what the events of the
 * namespaces add up to, no more.
 */
export class SelectedNamespaces extends Lent<HandlerRegistration> implements NamespaceSource {
  readonly #informer: NamespaceInformer;
  readonly #selects: ReturnType<typeof selects>;
  readonly #names = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #watched: SharedIndexInformer<KubeObject> | undefined;
  #known = false;

  constructor(informer: NamespaceInformer, selection: SelectionScope) {
    super();
    this.#informer = informer;
    this.#selects = selects(selection);
  }

  get current(): ReadonlySet<string> | undefined {
    return this.#known ? this.#names : undefined;
  }

  get lastError(): KubeInformerError | undefined {
    return this.#watched?.status().lastError;
  }

  subscribe(listener: () => void): () => void {
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  async use(signal: AbortSignal): Promise<void> {
    this.borrow();
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    signal.addEventListener('abort', end, { once: true });
    // Only its failure is the end of whoever uses it: it has no other end before.
    this.#watched?.done.catch(ended.reject);
    try {
      await ended.promise;
    } finally {
      signal.removeEventListener('abort', end);
      await this.giveBack();
    }
  }

  protected make(): HandlerRegistration {
    this.#watched = this.#informer.borrow();
    return this.#watched.addEventHandler(
      {
        onAdd: (namespace) => this.#see(namespace),
        onUpdate: (_old, namespace) => this.#see(namespace),
        onDelete: (namespace) => this.#put(namespace.metadata.name, false),
        onSynced: () => {
          this.#known = true;
          this.#tell();
        },
      },
      { name: 'namespaces' },
    );
  }

  protected async end(registration: HandlerRegistration): Promise<void> {
    this.#known = false;
    this.#names.clear();
    this.#watched = undefined;
    await registration.remove();
    await this.#informer.giveBack();
  }

  #see({ metadata: { name, labels } }: Namespace): void {
    this.#put(name, this.#selects(name, labels));
  }

  #put(name: string, selected: boolean): void {
    if (this.#names.has(name) === selected) return;
    if (selected) this.#names.add(name);
    else this.#names.delete(name);
    this.#tell();
  }

  #tell(): void {
    if (this.#known) for (const listener of Array.from(this.#listeners)) listener();
  }
}
