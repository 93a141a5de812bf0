import type { DeepReadonly, KubeObject } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';

/** A kind of objects; without a version the one that the server prefers. */
export interface RelationKind {
  /** Default: the core group. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
}

/** What a tree says of an object beside who it is. JSON, and small: never the data of a Secret. */
export type Facts = Readonly<Record<string, unknown>>;

/** What stands for an object in a relation. Objects that have one of these texts in common belong together. */
export type Keys<T extends KubeObject> = (object: DeepReadonly<T>) => readonly string[];

/**
 * How objects find each other. All of these are looked up in an index, in both directions:
 *
 * - `owner`: the `from` object is the controlling owner of the `to` object, by uid.
 * - `label`: a label of the `to` object is the name of the `from` object.
 * - `field`: a field of the `from` object, by its dotted path, is the name of the `to` object.
 * - a function: the names of the `to` objects, of a `from` object.
 *
 * These names are those within the namespace of the object that says them; with `acrossNamespaces` they are `namespace/name`. Or by anything else:
 *
 * - two functions: the objects have one of the texts that these give in common. The texts may be anything.
 */
export type RelationBy<From extends KubeObject, To extends KubeObject> =
  | 'owner'
  | { readonly label: string }
  | { readonly field: string }
  | Keys<From>
  | { readonly from: Keys<From>; readonly to: Keys<To> };

/** A relation as it is written. */
export interface RelationDefinition<From extends KubeObject, To extends KubeObject> {
  /** In paths: lower-case letters, digits and `-`. */
  readonly name: string;
  readonly from: RelationKind;
  readonly to: RelationKind;
  readonly by: RelationBy<From, To>;
  /** What trees call this way from an object to the other. Default: `controllerRef`, the label, the field, or the name of the relation. */
  readonly via?: string;
  /** A further condition, for what no text can say. */
  readonly when?: (from: DeepReadonly<From>, to: DeepReadonly<To>) => boolean;
  /** Whether objects of different namespaces may belong together. Default: only if one of the kinds has none. */
  readonly acrossNamespaces?: boolean;
  /** Looked at only for a `from` object for which all relations before it found nothing; its kind is not watched until then. */
  readonly isFallback?: boolean;
  /** What trees say of the objects, by those that they belong to. */
  readonly show?: {
    /** Of the `from` object. */
    readonly from?: (object: DeepReadonly<From>, to: readonly DeepReadonly<To>[]) => Facts;
    /** Of the `to` object; not called if it belongs to none. */
    readonly to?: (object: DeepReadonly<To>, from: readonly DeepReadonly<From>[]) => Facts;
  };
  /** Further relations that trees of this one go on with: from its `to`, or from its `from`, or to it. */
  readonly and?: readonly Relation[];
}

/** One way from a kind to another. */
export interface Link {
  /** Names its indexes. */
  readonly name: string;
  readonly from: RelationKind;
  readonly to: RelationKind;
  readonly via: string;
  readonly fromKeys: Keys<KubeObject>;
  readonly toKeys: Keys<KubeObject>;
  /** Whether the texts mean something within a namespace only. */
  readonly isLocal: boolean;
  readonly isFallback: boolean;
  readonly when: (from: CachedObject, to: CachedObject) => boolean;
  readonly showFrom: ((object: CachedObject, to: readonly CachedObject[]) => Facts) | undefined;
  readonly showTo: ((object: CachedObject, from: readonly CachedObject[]) => Facts) | undefined;
}

/** Objects of several kinds that belong together. Made by `defineRelation`. */
export interface Relation {
  readonly name: string;
  /** Every way between kinds that its trees go, in their order. */
  readonly links: readonly Link[];
}
