import { type ApiResource, builtInResources, Indexer, type KubeObject, keyOf } from '../../../../src/index.ts';
import { FakeClock } from '../../../../src/testing/index.ts';
// A kind is what a cache makes; here it is enough that it has a log and a state.
import { EventLog } from '../../../../src/watcher/cache/event-log.ts';
import { follow } from '../../../../src/watcher/cache/follow.ts';
import type { Catalogue, FollowOptions, KindListener, Kinds } from '../../../../src/watcher/cache/index.ts';
import { type Relation, Relations, type TreeQuestion } from '../../../../src/watcher/relations/index.ts';

class Kind {
  readonly indexer = new Indexer<KubeObject, string>();
  readonly log = new EventLog(10_000);
  readonly scope = { namespaces: '*', labelSelector: '', fieldSelector: '', metadataOnly: false };
  readonly phase = 'live';
  readonly synced = true;
  readonly resource: ApiResource;
  /** How often objects were looked up, and how many came of it. */
  readonly looked = { ups: 0, found: 0 };

  constructor(resource: ApiResource) {
    this.resource = resource;
    const { byIndex } = this.indexer;
    this.indexer.byIndex = (name, value) => {
      const found = [...byIndex.call(this.indexer, name, value)];
      this.looked.ups++;
      this.looked.found += found.length;
      return found.values();
    };
    const refuse = () => {
      throw new Error('a relation must not look through all objects of a kind');
    };
    this.indexer.list = refuse;
    this.indexer.values = refuse;
    this.indexer.entries = refuse;
  }

  get seq(): number {
    return this.log.seq;
  }

  get resourceVersion(): string {
    return String(this.log.seq);
  }

  addIndex(name: string, values: (object: KubeObject) => readonly string[]): void {
    if (!this.indexer.hasIndex(name)) this.indexer.addIndexers({ [name]: values as never });
  }

  onChange(): () => void {
    return () => undefined;
  }

  snapshot(): never {
    throw new Error('nobody needs it');
  }

  follow(listener: KindListener, options: FollowOptions) {
    return follow(this, listener, options);
  }
}

/** Kinds in memory, whose objects change as a test wants, and the relations over them. */
export class World {
  readonly objects = new Map<string, KubeObject>();
  readonly relations: Relations;
  readonly #kinds = new Map<string, Kind>();
  #version = 0;

  constructor(own: readonly Relation[] = []) {
    const kinds = {
      all: () => [...this.#kinds.values()],
      covering: (resource: ApiResource) => this.kind(resource.kind),
      forQuery: (resource: ApiResource) => ({ kind: this.kind(resource.kind), isNew: false }),
      hold: (kind: Kind) => ({ kind, release: () => undefined }),
      onChange: () => () => undefined,
    };
    const find = ({ kind, resource }: { kind?: string; resource?: string }) =>
      builtInResources.find((each) => (kind ? each.kind === kind : each.resource === resource));
    const catalogue = { find, resolve: async (query: object) => find(query), onChange: () => () => undefined };
    this.relations = new Relations({
      // Stand-ins for classes with private parts: they have what a relation uses.
      kinds: kinds as unknown as Kinds,
      catalogue: catalogue as unknown as Catalogue,
      config: { query: { maxWaitMs: 0 } as never, relations: '*' },
      relations: own,
      clock: new FakeClock(),
    });
  }

  kind(name: string): Kind {
    const known = this.#kinds.get(name);
    if (known) return known;
    const resource = builtInResources.find(({ kind }) => kind === name) as unknown as ApiResource;
    const kind = new Kind(resource);
    this.#kinds.set(name, kind);
    return kind;
  }

  all(kind: string): KubeObject[] {
    return Array.from(this.objects.values()).filter((object) => object.kind === kind);
  }

  get(kind: string, key: string): KubeObject | undefined {
    return this.objects.get(`${kind} ${key}`);
  }

  /** Creates or changes an object. The uid of one that is there stays. */
  put(manifest: {
    kind: string;
    metadata: { name: string; namespace?: string } & Record<string, unknown>;
  }): KubeObject {
    const kind = this.kind(manifest.kind);
    const { group, version } = kind.resource;
    const resourceVersion = String(++this.#version);
    const key = keyOf(manifest as unknown as KubeObject);
    const old = this.get(manifest.kind, key);
    const uid = old?.metadata.uid ?? `uid-${resourceVersion}`;
    const object = {
      apiVersion: group === '' ? version : `${group}/${version}`,
      ...manifest,
      metadata: { creationTimestamp: '', ...manifest.metadata, uid, resourceVersion },
    } as KubeObject;
    this.objects.set(`${manifest.kind} ${key}`, object);
    kind.indexer.put(object);
    kind.log.append({ type: old ? 'MODIFIED' : 'ADDED', object, oldObject: old, origin: 'live', at: 0 });
    return object;
  }

  delete(kindName: string, key: string): void {
    const object = this.get(kindName, key);
    if (!object) return;
    const kind = this.kind(kindName);
    this.objects.delete(`${kindName} ${key}`);
    kind.indexer.delete(key);
    kind.log.append({ type: 'DELETED', object, oldObject: object, origin: 'live', at: 0 });
  }

  question(relation: string, root: string): TreeQuestion {
    return { relation, root, authorize: () => undefined, signal: new AbortController().signal };
  }
}
