import { isObject, type JsonObject } from './json.ts';

/**
 * The fields of an object, as managed fields name them: steps like `f:spec`, `k:{"name":"c"}` and `v:"x"`, joined by a line
 * feed, each with the value there. A map or list item that is a field in itself has the value `exists`.
 */
export type FieldSet = Map<string, unknown>;

export const exists = Symbol('exists');

/** Metadata that belongs to whoever writes it; the rest is the server's. */
const managedMetadata = ['generateName', 'labels', 'annotations', 'finalizers', 'ownerReferences'];

/** Structs and maps of built-in objects that are owned as a whole. */
const atomic = new Set([
  ...['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef', 'secretRef'],
  ...['selector', 'labelSelector', 'podSelector', 'namespaceSelector', 'scopeSelector', 'nodeSelector'],
  ...['involvedObject', 'regarding', 'related', 'targetRef', 'roleRef', 'dataSource'],
  ...['requiredDuringSchedulingIgnoredDuringExecution', 'required', 'port'],
]);

/**
 * What a built-in object has before anybody sets it, since the server always writes it. It is a field in itself only where it comes
 * with what holds it, an item of a list.
 */
const alwaysThere = new Set([
  ...['metadata', 'spec', 'status', 'template', 'jobTemplate', 'containers', 'strategy', 'updateStrategy', 'resources'],
  ...['loadBalancer', 'scaleTargetRef', 'source', 'nodeInfo', 'daemonEndpoints', 'kubeletEndpoint'],
  ...['names', 'acceptedNames'],
]);

/** The lists of built-in objects whose items are fields, by what tells these apart. All others are owned as a whole. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  schedulingGates: ['name'],
  resourceClaims: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  conditions: ['type'],
  addresses: ['type'],
  ownerReferences: ['uid'],
  podIPs: ['ip'],
  hostAliases: ['ip'],
  // Those of a container have the first, those of a service the second.
  ports: ['containerPort', 'port', 'protocol'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

/** Of these lists, those whose items are owned as a whole. */
const listsOfAtomicItems = new Set(['ownerReferences', 'imagePullSecrets', 'secrets']);

/** Whether a struct or map of a built-in object is owned, and applied, as a whole. */
export function isAtomic(field: string): boolean {
  return atomic.has(field);
}

/** What tells the items of a list of a built-in object apart; `undefined` if the list is owned, and applied, as a whole. */
export function keysOfList(field: string): readonly string[] | undefined {
  return listKeys[field];
}

interface Rules {
  readonly custom: boolean;
  /** An applied set has leaves and list items, but no maps. */
  readonly applied: boolean;
}

/** A place in an object, told what is a field there. */
interface Place {
  under(step: string): Place;
  /** This is a field: with its value if owned as a whole, else `exists`. */
  own(value: unknown): void;
}

class PlaceInSet implements Place {
  readonly #fields: FieldSet;
  readonly #path: string;

  constructor(fields: FieldSet, path = '') {
    this.#fields = fields;
    this.#path = path;
  }

  under(step: string): Place {
    return new PlaceInSet(this.#fields, this.#path === '' ? step : `${this.#path}\n${step}`);
  }

  own(value: unknown): void {
    this.#fields.set(this.#path, value);
  }
}

class PlaceInTree implements Place {
  readonly #node: JsonObject;

  constructor(node: JsonObject) {
    this.#node = node;
  }

  under(step: string): Place {
    const node = (this.#node[step] ?? {}) as JsonObject;
    this.#node[step] = node;
    return new PlaceInTree(node);
  }

  own(value: unknown): void {
    if (value === exists) this.#node['.'] = {};
  }
}

/** The fields of `object`: all but the status, or the status only. */
export function fieldsOf(object: JsonObject, part: 'main' | 'status', rules: Rules): FieldSet {
  const fields: FieldSet = new Map();
  visit(new PlaceInSet(fields), object, part, rules);
  return fields;
}

/** The same fields of a built-in object that is new, printed as `printFields` does but for the order of keys, in a tenth of the time. */
export function printFieldsOf(object: JsonObject, part: 'main' | 'status'): JsonObject {
  const root: JsonObject = {};
  visit(new PlaceInTree(root), object, part, { custom: false, applied: false });
  return root;
}

function visit(root: Place, object: JsonObject, part: 'main' | 'status', rules: Rules): void {
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = object;
  if (part === 'status') {
    if (status !== undefined) collect(root, 'status', status, rules, false);
    return;
  }
  if (isObject(metadata)) {
    for (const key of managedMetadata) {
      const value = metadata[key];
      // An applied object is identified by its name; how that was made is nobody's.
      if (value !== undefined && value !== null && !(rules.applied && key === 'generateName')) {
        collect(root.under('f:metadata'), key, value, { ...rules, custom: false }, false);
      }
    }
  }
  for (const [key, value] of Object.entries(rest)) collect(root, key, value, rules, false);
}

/** @param inItem whether this is in an item of a list, with which everything in it came */
function collect(parent: Place, key: string, value: unknown, rules: Rules, inItem: boolean): void {
  const ownItself = !rules.applied && (rules.custom || inItem || !alwaysThere.has(key));
  if (Array.isArray(value)) {
    collectList(parent, key, value, rules, ownItself);
    return;
  }
  const place = parent.under(`f:${key}`);
  if (!isObject(value) || (!rules.custom && isAtomic(key)) || Object.keys(value).length === 0) {
    place.own(value);
    return;
  }
  if (ownItself) place.own(exists);
  for (const name of Object.keys(value)) collect(place, name, value[name], rules, inItem);
}

function collectList(parent: Place, key: string, list: readonly unknown[], rules: Rules, ownItself: boolean): void {
  const keys = rules.custom ? undefined : keysOfList(key);
  if (key !== 'finalizers' && keys === undefined) {
    parent.under(`f:${key}`).own(list);
    return;
  }
  if (list.length === 0) return;
  const place = parent.under(`f:${key}`);
  if (ownItself) place.own(exists);
  for (const item of list) {
    if (keys === undefined) place.under(`v:${JSON.stringify(item)}`).own(item);
    else if (isObject(item)) collectItem(place, key, keys, item, rules);
  }
}

function collectItem(list: Place, key: string, keys: readonly string[], item: JsonObject, rules: Rules): void {
  const present = keys.filter((name) => name in item);
  const place = list.under(`k:${JSON.stringify(Object.fromEntries(present.map((name) => [name, item[name]])))}`);
  if (listsOfAtomicItems.has(key)) {
    place.own(item);
    return;
  }
  place.own(exists);
  for (const name of Object.keys(item)) collect(place, name, item[name], rules, true);
}

/** The form in which managed fields are stored (`FieldsV1`). */
export function printFields(paths: Iterable<string>): JsonObject {
  const members = new Set(paths);
  const root: JsonObject = {};
  for (const path of [...members].sort()) {
    let node = root;
    let place = '';
    for (const step of path.split('\n')) {
      place = place === '' ? step : `${place}\n${step}`;
      if (!isObject(node[step])) node[step] = {};
      const next = node[step] as JsonObject;
      // A field that also has fields of its own is marked with a dot.
      if (members.has(place) && place !== path) next['.'] = {};
      node = next;
    }
  }
  return root;
}

/** Reads `FieldsV1`. */
export function parseFields(node: unknown, place = ''): string[] {
  if (!isObject(node)) return [];
  const steps = Object.keys(node);
  if (steps.length === 0) return place === '' ? [] : [place];
  return steps.flatMap((step) =>
    step === '.' ? [place] : parseFields(node[step], place === '' ? step : `${place}\n${step}`),
  );
}

/** A field as messages name it: `.spec.containers[name="c"].image`. */
export function printPath(path: string): string {
  return path
    .split('\n')
    .map((step) => {
      const rest = step.slice(2);
      if (step.startsWith('f:')) return `.${rest}`;
      if (step.startsWith('v:')) return `[=${rest}]`;
      const pairs = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
