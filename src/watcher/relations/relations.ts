import { type ApiResource, type Clock, KubeInformerError } from '../../index.ts';
import { type CachedObject, type Catalogue, type Kinds, refusal } from '../cache/index.ts';
import { ConfigError, type WatcherConfig } from '../config/index.ts';
import { deploymentTree } from './deployment-tree.ts';
import { ownedTree, ownersTree } from './ownership.ts';
import { pvcPv } from './pvc-pv.ts';
import { Reading } from './reading.ts';
import type { Link, Relation, RelationKind } from './relation.ts';
import { checkNamespace, malformed, parseRoot } from './root.ts';
import { serviceEndpoints } from './service-endpoints.ts';
import { isOf, linkTree, type TreeNode } from './tree.ts';

export interface RelationsOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly config: Pick<WatcherConfig, 'query' | 'relations'>;
  /** Those of the user. */
  readonly relations: readonly Relation[];
  readonly clock: Clock;
}

/** A question for a tree. */
export interface TreeQuestion {
  readonly relation: string;
  readonly root: string | undefined;
  /** @throws ApiStatusError 403 unless the objects of a kind may be seen: those of a namespace, or all. */
  readonly authorize: (resource: ApiResource, namespace: string | undefined) => Promise<void> | undefined;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** A tree, and what it was made of. */
export interface Tree {
  readonly relation: string;
  /** Whether every kind that was read is cached; else the tree may lack objects. */
  readonly complete: boolean;
  /** How far each kind had come that was read. */
  readonly versions: Readonly<Record<string, string>>;
  readonly root: TreeNode;
}

export interface TreeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly tree: Tree;
}

/** A tree that is followed. */
export interface TreeWatch {
  /**
   * Tells of the tree as it is, then once after each change of one of its objects, until the signal is aborted; what changes while `tell` is busy is told
   * together. When the root goes, its tree is `DELETED`; it may come back. To be called once.
   *
   * @throws ApiStatusError if the tree comes to need a kind that may not be seen or watched
   */
  run(tell: (event: TreeEvent) => Promise<unknown>, signal: AbortSignal): Promise<void>;
  /** Ends one that was not run. */
  close(): void;
}

/** How a relation makes a tree: along links, or along whatever owners there are. */
type Shape =
  | { readonly type: 'links'; readonly relation: Relation }
  | { readonly type: 'owners' }
  | { readonly type: 'owned' };

/** What there is to know of a relation. */
export interface RelationDescription {
  readonly name: string;
  /** Empty where any kind will do. */
  readonly links: readonly { readonly from: RelationKind; readonly to: RelationKind; readonly via: string }[];
}

/** Those that are always there. */
export const builtInRelations: readonly Relation[] = [deploymentTree, pvcPv, serviceEndpoints];

/** A question that was understood: its tree can be made, now and again. */
interface Open {
  readonly reading: Reading;
  /** `undefined` while the root is not there. */
  readonly read: () => Promise<Tree | undefined>;
  /** @throws ApiStatusError 404; 503 while it is not known whether it is there */
  readonly readPresent: () => Promise<Tree>;
}

/** Trees of objects that belong together, read from the caches. */
export class Relations {
  readonly #options: RelationsOptions;
  readonly #shapes: ReadonlyMap<string, Shape>;
  /** How many trees were answered or told, by relation. */
  readonly told = new Map<string, number>();
  /** How many are followed, by relation. */
  readonly watching = new Map<string, number>();

  /** @throws KubeInformerError `InvalidOption` if two relations have one name; ConfigError if the configuration names one that is not there. */
  constructor(options: RelationsOptions) {
    this.#options = options;
    const links = new Map<string, Link>();
    const all = new Map<string, Shape>([
      ['owners', { type: 'owners' }],
      ['owned', { type: 'owned' }],
    ]);
    for (const relation of [...builtInRelations, ...options.relations]) {
      if (all.has(relation.name)) throw nameTaken(relation.name);
      all.set(relation.name, { type: 'links', relation });
      // Indexes have the names of links.
      for (const link of relation.links) {
        if ((links.get(link.name) ?? link) !== link) throw nameTaken(link.name);
        links.set(link.name, link);
      }
    }
    const wanted = options.config.relations;
    if (wanted === '*') {
      this.#shapes = all;
      return;
    }
    const problems = wanted.flatMap((name, at) =>
      all.has(name)
        ? []
        : [{ path: ['relations', at], message: `is no relation; there are ${[...all.keys()].sort().join(', ')}` }],
    );
    if (problems.length > 0) throw new ConfigError('the configuration', problems);
    this.#shapes = new Map(Array.from(all).filter(([name]) => wanted.includes(name)));
  }

  list(): RelationDescription[] {
    return Array.from(this.#shapes, ([name, shape]) => ({
      name,
      links: shape.type === 'links' ? shape.relation.links.map(({ from, to, via }) => ({ from, to, via })) : [],
    })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ApiStatusError 400, 403, 404, 422, 429, 503 */
  async tree(question: TreeQuestion): Promise<Tree> {
    const open = await this.#open(question, () => {});
    try {
      const tree = await open.readPresent();
      count(this.told, question.relation, 1);
      return tree;
    } finally {
      open.reading.close();
    }
  }

  /**
   * Begins to follow a tree. What is begun is to be run, or closed.
   *
   * @throws ApiStatusError like `tree`
   */
  async watch(question: TreeQuestion): Promise<TreeWatch> {
    let wake = Promise.withResolvers<void>();
    const open = await this.#open(question, () => wake.resolve());
    let first: Tree;
    try {
      first = await open.readPresent();
    } catch (thrown) {
      open.reading.close();
      throw thrown;
    }
    const { relation } = question;
    count(this.watching, relation, 1);
    const close = () => {
      count(this.watching, relation, -1);
      open.reading.close();
    };
    const run: TreeWatch['run'] = async (told, signal) => {
      const tell = (event: TreeEvent) => {
        count(this.told, relation, 1);
        return told(event);
      };
      const onAbort = () => wake.resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        let known: Tree | undefined = first;
        await tell({ type: 'ADDED', tree: first });
        while (!signal.aborted) {
          await wake.promise;
          if (signal.aborted) return;
          wake = Promise.withResolvers();
          const tree = await open.read();
          if (tree && known && textOf(tree) === textOf(known)) continue;
          if (tree) await tell({ type: known ? 'MODIFIED' : 'ADDED', tree });
          else if (known) await tell({ type: 'DELETED', tree: known });
          known = tree;
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        close();
      }
    };
    return { run, close };
  }

  async #open({ relation: name, root, authorize, signal }: TreeQuestion, onStale: () => void): Promise<Open> {
    const { kinds, catalogue, clock, config } = this.#options;
    const shape = this.#shapes.get(name);
    if (!shape) {
      const message = `relations "${name}" not found; there are: ${[...this.#shapes.keys()].sort().join(', ')}`;
      throw refusal(404, 'NotFound', message, { name, group: 'watcher.kube-informer.dev', kind: 'relations' });
    }
    const target = parseRoot(root);
    const { group, version, resource: plural, namespace, name: rootName } = target;
    const resource = await catalogue.resolve({ group, version, resource: plural });
    checkNamespace(resource, target);
    const links = shape.type === 'links' ? shape.relation.links : [];
    const allowed = links.flatMap(({ from, to }) => [from, to]);
    if (shape.type === 'links' && !allowed.some((kind) => isOf(resource, kind))) {
      const known = [...new Set(allowed.map(({ kind }) => kind))].join(', ');
      throw malformed(`${name} is not about ${resource.kind}, but about ${known}`);
    }
    const needed = links.filter(({ isFallback }) => !isFallback);
    await Promise.all(
      needed
        .flatMap(({ from, to }) => [from, to])
        .map(({ group = '', version, kind }) => catalogue.resolve({ group, version, kind })),
    );
    const maxWait = config.query.maxWaitMs;
    const holder = `relation ${name}`;
    const reading = new Reading({ kinds, catalogue, clock, maxWait, holder, authorize, signal, onStale });
    const absent = () => {
      const { group, resource: what } = resource;
      if (reading.kind(resource, namespace)?.synced) {
        const full = group === '' ? what : `${what}.${group}`;
        const details = { name: rootName, group: group || undefined, kind: what };
        return refusal(404, 'NotFound', `${full} "${rootName}" not found`, details);
      }
      const message = `${what} are not cached yet, so it is not known whether there is a "${rootName}"`;
      return refusal(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 });
    };
    const read = () =>
      reading.settle((): Tree | undefined => {
        for (const link of needed) reading.want(link, namespace);
        const object = reading.get(resource, namespace, rootName);
        if (!object) return undefined;
        const node = nodeOf(shape, object, reading);
        return { relation: name, complete: reading.complete, versions: reading.versions(), root: node };
      });
    const readPresent = async () => {
      const tree = await read();
      if (!tree) throw absent();
      return tree;
    };
    return { reading, read, readPresent };
  }
}

function nodeOf(shape: Shape, root: CachedObject, reading: Reading): TreeNode {
  switch (shape.type) {
    case 'links':
      return linkTree(shape.relation, root, reading);
    case 'owners':
      return ownersTree(root, reading);
    case 'owned':
      return ownedTree(root, reading);
  }
}

/** What is to be told anew: versions of kinds move on with whatever happens elsewhere. */
function textOf({ root, complete }: Tree): string {
  return JSON.stringify([root, complete]);
}

function count(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function nameTaken(name: string): Error {
  const hint = 'Names of relations, and of those that they go on with, are one each.';
  return new KubeInformerError('InvalidOption', `there are two relations named "${name}"`, { hint });
}
