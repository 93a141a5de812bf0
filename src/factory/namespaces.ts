import { NamespaceSet } from '../informer/index.ts';
import { type LabelSelectorObject, toLabelSelector } from '../kubernetes/index.ts';
import { KubeInformerError, requireAtLeast } from '../runtime/index.ts';

/** Namespaces by what their own objects say, as that changes. All conditions must hold. */
export interface NamespaceSelection {
  /** On the labels of the Namespace objects, as text or in the structured form. Default: all. */
  readonly namespaceSelector?: string | LabelSelectorObject;
  /** Names, with `*` for any number of characters: one of them must fit. Default: any name. */
  readonly include?: readonly string[];
  /** Names, with `*` for any number of characters: none of them may fit. Default: none. */
  readonly exclude?: readonly string[];
  /**
   * With more namespaces than this, all namespaces of the cluster are watched at once, and what is not wanted is dropped; with three quarters of
   * it, or less, each is watched alone again. `Infinity`: never. Default 20.
   */
  readonly clusterWideAbove?: number;
}

/**
 * Which namespaces an informer watches.
 *
 * - `'*'`: all at once, which takes a ClusterRole.
 * - names: each on its own, for which Roles suffice.
 * - a `NamespaceSet`: each on its own, as the set is changed by whoever has it.
 * - a `NamespaceSelection`: those that match, as that changes. Takes a ClusterRole for `list` and `watch` of namespaces.
 */
export type Namespaces = '*' | readonly string[] | NamespaceSet | NamespaceSelection;

/** A selection with all its defaults. Equal ones are equal as JSON. */
export interface SelectionScope {
  readonly namespaceSelector: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly clusterWideAbove: number;
}

const ids = new WeakMap<NamespaceSet, number>();
let lastId = 0;

/** A set, which is the same as itself alone, whatever it holds. */
export class SetScope {
  readonly set: NamespaceSet;

  constructor(set: NamespaceSet) {
    this.set = set;
    if (!ids.has(set)) ids.set(set, ++lastId);
  }

  toJSON(): object {
    return { set: ids.get(this.set) };
  }
}

/** Namespaces in a form that is equal as JSON for whoever means the same. */
export type NamespaceScope = '*' | readonly string[] | SetScope | SelectionScope;

/** @throws KubeInformerError `InvalidOption`, `InvalidSelector` */
export function namespaceScopeOf(namespaces: Namespaces): NamespaceScope {
  if (namespaces === '*') return '*';
  if (namespaces instanceof NamespaceSet) return new SetScope(namespaces);
  if (isList(namespaces)) {
    if (namespaces.length === 0) throw invalid('namespaces is empty');
    // The set knows what a namespace may be called.
    return Array.from(new NamespaceSet(namespaces).current ?? []).sort();
  }
  const { namespaceSelector = '', include = ['*'], exclude = [], clusterWideAbove = 20 } = namespaces;
  const odd = [...include, ...exclude].find((pattern) => !/^[-a-z0-9*]+$/.test(pattern));
  if (odd !== undefined) throw invalid(`${JSON.stringify(odd)} is no pattern for names of namespaces`);
  if (clusterWideAbove !== Number.POSITIVE_INFINITY) requireAtLeast('clusterWideAbove', clusterWideAbove, 1);
  return {
    namespaceSelector: toLabelSelector(namespaceSelector).toString(),
    include: [...new Set(include)].sort(),
    exclude: [...new Set(exclude)].sort(),
    clusterWideAbove,
  };
}

/** `in red, blue`, `in namespaces with team=a`; `''` for all. */
export function textOfNamespaces(namespaces: NamespaceScope): string {
  if (namespaces === '*') return '';
  if (isList(namespaces)) return `in ${namespaces.join(', ')}`;
  if (namespaces instanceof SetScope) return 'in a set of namespaces';
  const { namespaceSelector, include, exclude } = namespaces;
  const parts = ['in namespaces'];
  if (include.join() !== '*') parts.push(`like ${include.join(', ')}`);
  if (namespaceSelector !== '') parts.push(`with ${namespaceSelector}`);
  if (exclude.length > 0) parts.push(`except ${exclude.join(', ')}`);
  return parts.join(' ');
}

/** Whether a namespace with this name and these labels is selected. */
export function selects({
  namespaceSelector,
  include,
  exclude,
}: SelectionScope): (name: string, labels: Readonly<Record<string, string>> | undefined) => boolean {
  const selector = toLabelSelector(namespaceSelector);
  const included = include.map(patternOf);
  const excluded = exclude.map(patternOf);
  return (name, labels) =>
    included.some((pattern) => pattern.test(name)) &&
    !excluded.some((pattern) => pattern.test(name)) &&
    selector.matches(labels);
}

export function isList<T>(namespaces: T | readonly string[]): namespaces is readonly string[] {
  return Array.isArray(namespaces);
}

/** Patterns have nothing in them that means something to a regular expression, but the star. */
function patternOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
}

function invalid(what: string): KubeInformerError {
  return new KubeInformerError('InvalidOption', what, {
    hint: "Name the namespaces, give a NamespaceSet or a selection, or '*' for all of them.",
  });
}
