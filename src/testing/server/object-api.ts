import type { KubeObject, ObjectMeta } from '../../kubernetes/index.ts';
import { KubeInformerError } from '../../runtime/index.ts';
import { withType } from './body.ts';
import type { Catalog } from './catalog.ts';
import { type DeleteOptions, deleteObject } from './delete.ts';
import { isObject, type JsonObject } from './json.ts';
import { applyPatch } from './patch-object.ts';
import type { ResourceType } from './resource-type.ts';
import { parseSelection } from './selectors.ts';
import { rangeOfNamespace } from './sorted-objects.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';
import type { ObjectWriter } from './write.ts';

/** An object to be stored: what a manifest has. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Partial<ObjectMeta>>;
}

/** A stored object of the shape that was given. */
export type Stored<T> = T & KubeObject;

/** Names a resource: `pods`, `deployments.apps`, `widgets.example.com`, or by group, version and resource. */
export type ResourceRef = string | { readonly group: string; readonly version?: string; readonly resource: string };

/** The API of the server without HTTP: every call is over when it returns, and watchers hear of it. */
export class ObjectApi {
  readonly #storage: Storage;
  readonly #catalog: Catalog;
  readonly #writer: ObjectWriter;

  constructor(parts: { readonly storage: Storage; readonly catalog: Catalog; readonly writer: ObjectWriter }) {
    this.#storage = parts.storage;
    this.#catalog = parts.catalog;
    this.#writer = parts.writer;
  }

  typeOf(object: { readonly apiVersion: string; readonly kind: string }): ResourceType {
    const [version = '', group = ''] = object.apiVersion.split('/').reverse();
    const type = this.#catalog.findKind(group, version, object.kind);
    if (!type) throw noSuchResource(`${object.apiVersion} ${object.kind}`);
    return type;
  }

  resolve(ref: ResourceRef): ResourceType {
    const dot = typeof ref === 'string' ? ref.indexOf('.') : -1;
    const resource = typeof ref === 'string' ? (dot < 0 ? ref : ref.slice(0, dot)) : ref.resource;
    const group = typeof ref === 'string' ? (dot < 0 ? undefined : ref.slice(dot + 1)) : ref.group;
    const version = typeof ref === 'string' ? undefined : ref.version;
    const type = this.#catalog
      .all()
      .find(
        (candidate) =>
          candidate.resource === resource &&
          (group === undefined || candidate.group === group) &&
          (version === undefined || candidate.version === version),
      );
    if (!type) throw noSuchResource(typeof ref === 'string' ? ref : `${ref.resource}.${ref.group}`);
    return type;
  }

  create<T extends Manifest>(object: T): Stored<T> {
    const type = this.typeOf(object);
    const copy = copyOf(type, object);
    delete copy.metadata.resourceVersion;
    const stored = this.#writer.create(type, namespaceOf(type, object), copy, { keepStatus: true });
    return stored.decode(type) as unknown as Stored<T>;
  }

  update<T extends Manifest>(object: T): Stored<T> {
    const type = this.typeOf(object);
    const copy = copyOf(type, object);
    const name = object.metadata.name ?? '';
    const namespace = namespaceOf(type, object);
    const current = this.#writer.get(type, namespace, name);
    copy.metadata.resourceVersion ??= String(current.revision);
    const stored = this.#writer.update(type, namespace, name, copy, { keepStatus: true });
    return stored.decode(type) as unknown as Stored<T>;
  }

  patch<T extends KubeObject>(ref: ResourceRef, namespace: string, name: string, patch: object): T {
    const type = this.resolve(ref);
    const current = this.#writer.get(type, namespace, name);
    const patched = applyPatch(type, current, 'merge', patch);
    return this.#writer.update(type, namespace, name, patched, { keepStatus: true }).decode(type) as unknown as T;
  }

  get<T extends KubeObject>(ref: ResourceRef, namespace: string, name: string): T | undefined {
    const type = this.resolve(ref);
    const stored = this.#storage.collection(type).get(namespace === '' ? name : `${namespace}/${name}`);
    return stored && (stored.decode(type) as unknown as T);
  }

  list<T extends KubeObject>(ref: ResourceRef, options: ListFilter = {}): T[] {
    const type = this.resolve(ref);
    return this.#select(type, options).map((object) => object.decode(type) as unknown as T);
  }

  delete(ref: ResourceRef, namespace: string, name: string, options: DeleteOptions = {}): void {
    const type = this.resolve(ref);
    // A test that deletes a pod means it; the grace period is there for those who ask for it.
    const grace = { gracePeriodSeconds: 0, ...options };
    deleteObject(this.#storage, this.#writer, type, this.#writer.get(type, namespace, name), grace);
  }

  touch(ref: ResourceRef, namespace: string, name: string): string {
    const type = this.resolve(ref);
    const current = this.#writer.get(type, namespace, name);
    const next = current.withRevision(this.#storage.revision + 1);
    this.#storage.putStored(type, next, current);
    return String(next.revision);
  }

  seed(objects: Iterable<Manifest>): number {
    let count = 0;
    for (const object of objects) {
      const type = this.typeOf(object);
      const copy = copyOf(type, object);
      delete copy.metadata.resourceVersion;
      this.#writer.create(type, namespaceOf(type, object), copy, { keepStatus: true });
      count++;
    }
    return count;
  }

  #select(type: ResourceType, options: ListFilter): StoredObject[] {
    const selection = parseSelection(type, options.labelSelector ?? '', options.fieldSelector ?? '');
    const objects = this.#storage.collection(type).objects();
    const { start, end } = rangeOfNamespace(objects, options.namespace ?? '');
    return objects.slice(start, end).filter((object) => selection.matches(object));
  }
}

/** A copy that the writer may complete. Only definitions are completed below their metadata, so only they are copied deeply. */
function copyOf(type: ResourceType, object: Manifest): JsonObject & { metadata: JsonObject } {
  const source = type.resource === 'customresourcedefinitions' ? structuredClone(object) : object;
  return { ...withType(type, { ...source }), metadata: { ...source.metadata } };
}

/** Which objects to list: those of one namespace, those that selectors in the syntax of the API select. */
export interface ListFilter {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

function namespaceOf(type: ResourceType, object: Manifest): string {
  if (!type.namespaced) return '';
  return isObject(object.metadata) && object.metadata.namespace ? String(object.metadata.namespace) : 'default';
}

function noSuchResource(name: string): KubeInformerError {
  return new KubeInformerError('NoMatch', `the embedded server does not serve ${name}`, {
    hint: 'Check group, version and kind; create the CustomResourceDefinition first if it is a custom resource.',
  });
}
