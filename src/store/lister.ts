import type { DeepReadonly, Keyed } from '../kubernetes/index.ts';
import { type Indexer, NAMESPACE_INDEX } from './indexer.ts';

/** Decides by the labels of an object. `parseLabelSelector` makes one from text. */
export interface LabelMatcher {
  matches(labels: Readonly<Record<string, string>>): boolean;
}

export interface ListerOptions {
  /** Only objects whose labels it accepts. */
  readonly selector?: LabelMatcher;
}

interface Labelled {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

const noLabels: Readonly<Record<string, string>> = {};

/** The objects of one namespace; of all namespaces, and cluster-scoped ones, if that is `''`. */
export interface NamespaceLister<T> {
  get(name: string): DeepReadonly<T> | undefined;
  list(options?: ListerOptions): DeepReadonly<T>[];
}

/**
 * Reads a cache; never sends a request. Before the initial sync it sees whatever has arrived. Results come in no
 * particular order and are shared: do not modify them.
 *
 * @example
 * informer.lister.namespace('shop').get('blue');
 * informer.lister.list({ selector: parseLabelSelector('app in (web, api)') });
 */
export class Lister<T extends Keyed> {
  // The names of the indexes do not matter to a lister, and would only make it invariant in them.
  readonly #indexer: Pick<Indexer<T>, 'get' | 'values' | 'byIndex'>;

  constructor(indexer: Pick<Indexer<T>, 'get' | 'values' | 'byIndex'>) {
    this.#indexer = indexer;
  }

  /** An object by namespace and name; a cluster-scoped one by its name alone. */
  get(...[first, second]: [name: string] | [namespace: string, name: string]): DeepReadonly<T> | undefined {
    return this.#indexer.get(second === undefined || first === '' ? (second ?? first) : `${first}/${second}`);
  }

  list({ selector }: ListerOptions = {}): DeepReadonly<T>[] {
    return select(this.#indexer.values(), selector);
  }

  namespace(namespace: string): NamespaceLister<T> {
    return {
      get: (name) => this.get(namespace, name),
      list: ({ selector } = {}) =>
        select(namespace === '' ? this.#indexer.values() : this.#indexer.byIndex(NAMESPACE_INDEX, namespace), selector),
    };
  }
}

function select<T>(objects: Iterable<T>, selector: LabelMatcher | undefined): T[] {
  if (!selector) return Array.from(objects);
  const selected: T[] = [];
  for (const object of objects) {
    if (selector.matches((object as Labelled).metadata?.labels ?? noLabels)) selected.push(object);
  }
  return selected;
}
