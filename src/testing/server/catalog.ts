import { builtInResources } from '../../kubernetes/index.ts';
import type { ResourceType } from './resource-type.ts';

/** The fields that the API lets selectors name, per built-in resource. */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  namespaces: ['status.phase'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  replicasets: ['status.replicas'],
  replicationcontrollers: ['status.replicas'],
  jobs: ['status.successful'],
};

const builtIns: readonly ResourceType[] = builtInResources.map((entry) => ({
  group: entry.group,
  version: entry.version,
  resource: entry.resource,
  kind: entry.kind,
  listKind: `${entry.kind}List`,
  singular: entry.singular,
  namespaced: entry.namespaced,
  shortNames: entry.shortNames,
  categories: entry.categories,
  subresources: entry.subresources,
  custom: false,
  selectableFields:
    (entry.group === '' || entry.group !== 'events.k8s.io' ? selectableFields[entry.resource] : undefined) ?? [],
  columns: [],
  schema: undefined,
  scale: undefined,
}));

export interface ServedGroup {
  readonly group: string;
  /** The preferred version first. */
  readonly versions: readonly string[];
}

/** Everything that is served now: the built-ins and what the definitions add. */
export class Catalog {
  readonly #builtIn = new Map<string, ResourceType>();
  /** By the name of the definition. */
  readonly #custom = new Map<string, readonly ResourceType[]>();
  /** When the objects of a definition can be reached, by its name. */
  readonly #readyAt = new Map<string, number>();

  constructor() {
    for (const type of builtIns) this.#builtIn.set(keyOf(type), type);
  }

  all(): ResourceType[] {
    return [...this.#builtIn.values(), ...[...this.#custom.values()].flat()];
  }

  find(group: string, version: string, resource: string): ResourceType | undefined {
    return this.#builtIn.get(`${group}/${version}/${resource}`) ?? this.#findCustom(group, version, resource);
  }

  findKind(group: string, version: string, kind: string): ResourceType | undefined {
    return this.all().find((type) => type.group === group && type.version === version && type.kind === kind);
  }

  /** Whether `group` comes with the server, so that unknown resources in it are reported with a Status. */
  isBuiltInGroup(group: string): boolean {
    return [...this.#builtIn.values()].some((type) => type.group === group);
  }

  groups(): ServedGroup[] {
    const groups = new Map<string, string[]>();
    for (const type of this.all()) {
      const versions = groups.get(type.group) ?? [];
      if (!versions.includes(type.version)) versions.push(type.version);
      groups.set(type.group, versions);
    }
    return [...groups]
      .map(([group, versions]) => ({ group, versions }))
      .sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
  }

  resourcesOf(group: string, version: string): ResourceType[] {
    return this.all()
      .filter((type) => type.group === group && type.version === version)
      .sort((a, b) => (a.resource < b.resource ? -1 : 1));
  }

  /** Replaces what the definition `name` serves; nothing if `types` is empty. */
  setCustom(name: string, types: readonly ResourceType[]): void {
    if (types.length === 0) this.#custom.delete(name);
    else this.#custom.set(name, types);
  }

  setReadyAt(name: string, time: number): void {
    this.#readyAt.set(name, time);
  }

  /** Whether the storage of a custom resource is up at `time`. That of a built-in always is. */
  isReady(type: ResourceType, time: number): boolean {
    return !type.custom || time >= (this.#readyAt.get(`${type.resource}.${type.group}`) ?? 0);
  }

  customTypes(name: string): readonly ResourceType[] {
    return this.#custom.get(name) ?? [];
  }

  #findCustom(group: string, version: string, resource: string): ResourceType | undefined {
    return this.#custom.get(`${resource}.${group}`)?.find((type) => type.version === version);
  }
}

function keyOf(type: ResourceType): string {
  return `${type.group}/${type.version}/${type.resource}`;
}
