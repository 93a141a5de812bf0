import type { Clock } from '../../runtime/index.ts';
import type { Catalog } from './catalog.ts';
import { versionsOf } from './definition.ts';
import { definitionCleanup } from './delete.ts';
import { isObject, type JsonObject, valueAt } from './json.ts';
import type { PrinterColumn, ResourceType } from './resource-type.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';
import type { WatchStream } from './watch.ts';
import { metadataOf, type ObjectWriter } from './write.ts';

/** Serves what CustomResourceDefinitions define, from the moment they are stored until they are deleted. */
export class DefinitionController {
  readonly #storage: Storage;
  readonly #catalog: Catalog;
  readonly #writer: ObjectWriter;
  readonly #watches: ReadonlySet<WatchStream>;
  readonly #clock: Clock;
  readonly #delay: number;

  constructor(parts: {
    readonly storage: Storage;
    readonly catalog: Catalog;
    readonly writer: ObjectWriter;
    readonly watches: ReadonlySet<WatchStream>;
    readonly clock: Clock;
    /** Milliseconds from the creation of a definition to the first answer for its objects. */
    readonly delay: number;
  }) {
    this.#storage = parts.storage;
    this.#catalog = parts.catalog;
    this.#writer = parts.writer;
    this.#watches = parts.watches;
    this.#clock = parts.clock;
    this.#delay = parts.delay;
    this.#storage.collection(definitions).subscribe((change) => {
      if (change.type === 'DELETED') this.#withdraw(change.object);
      else this.#serve(change.object, change.previous);
    });
  }

  #serve(stored: StoredObject, previous: StoredObject | undefined): void {
    const type = this.#catalog.find(definitions.group, 'v1', definitions.resource);
    if (!type) return;
    const definition = stored.decode(type);
    if (valueAt(definition, 'metadata.deletionTimestamp') !== undefined) {
      this.#letGo(type, stored, definition);
      return;
    }
    if (previous && JSON.stringify(previous.decode(type).spec) === JSON.stringify(definition.spec)) return;
    this.#endWatches(stored.name);
    if (!previous) this.#catalog.setReadyAt(stored.name, this.#clock.now() + this.#delay);
    this.#catalog.setCustom(stored.name, typesOf(definition));
    this.#establish(type, stored, definition);
  }

  /** Writes the conditions that clients wait for, as a change of its own. */
  #establish(type: ResourceType, stored: StoredObject, definition: JsonObject): void {
    const known = valueAt(definition, 'status.conditions');
    if (Array.isArray(known) && known.length > 0) return;
    const lastTransitionTime = this.#writer.timestamp();
    const condition = (name: string, reason: string, message: string) => ({
      type: name,
      status: 'True',
      lastTransitionTime,
      reason,
      message,
    });
    const storedVersions = versionsOf(definition)
      .filter((version) => version.storage === true)
      .map((version) => version.name);
    const status = {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: valueAt(definition, 'spec.names'),
      storedVersions,
    };
    const managed = valueAt(definition, 'metadata.managedFields') !== undefined;
    const manager = managed ? { manager: 'apiserver' } : {};
    this.#writer.replace(type, stored, { ...definition, status }, { subresource: 'status', ...manager });
  }

  /** Removes the objects of a definition that is to be deleted, and then what kept it. */
  #letGo(type: ResourceType, stored: StoredObject, definition: JsonObject): void {
    const finalizers = texts(valueAt(definition, 'metadata.finalizers'));
    if (!finalizers.includes(definitionCleanup)) return;
    this.#withdraw(stored);
    const metadata = {
      ...metadataOf(definition),
      finalizers: finalizers.filter((finalizer) => finalizer !== definitionCleanup),
    };
    this.#writer.replace(type, stored, { ...definition, metadata });
  }

  /** Deletes all objects of a definition, ends their watches and serves them no longer. */
  #withdraw(stored: StoredObject): void {
    const [type] = this.#catalog.customTypes(stored.name);
    if (!type) return;
    for (const object of this.#storage.collection(type).objects()) this.#storage.remove(type, object);
    this.#endWatches(stored.name);
    this.#catalog.setCustom(stored.name, []);
  }

  #endWatches(definition: string): void {
    for (const watch of this.#watches) {
      if (`${watch.type.resource}.${watch.type.group}` === definition) watch.end();
    }
  }
}

const definitions = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

function typesOf(definition: JsonObject): ResourceType[] {
  const names = valueAt(definition, 'spec.names');
  const group = String(valueAt(definition, 'spec.group') ?? '');
  if (!isObject(names)) return [];
  const kind = String(names.kind);
  return versionsOf(definition)
    .filter((version) => version.served !== false)
    .map((version) => {
      const subresources = isObject(version.subresources) ? version.subresources : {};
      const scale = isObject(subresources.scale) ? subresources.scale : undefined;
      return {
        group,
        version: String(version.name),
        resource: String(names.plural),
        kind,
        listKind: String(names.listKind ?? `${kind}List`),
        singular: String(names.singular ?? kind.toLowerCase()),
        namespaced: valueAt(definition, 'spec.scope') !== 'Cluster',
        shortNames: texts(names.shortNames),
        categories: texts(names.categories),
        subresources: Object.keys(subresources),
        custom: true,
        selectableFields: fieldPaths(version.selectableFields),
        columns: columnsOf(version.additionalPrinterColumns),
        schema: schemaOf(version),
        scale: scale && {
          specPath: String(scale.specReplicasPath),
          statusPath: String(scale.statusReplicasPath),
        },
      };
    });
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function fieldPaths(value: unknown): string[] {
  const fields = Array.isArray(value) ? value.filter(isObject) : [];
  return fields.map((field) => String(field.jsonPath).replace(/^\./, ''));
}

function columnsOf(value: unknown): PrinterColumn[] {
  return (Array.isArray(value) ? value.filter(isObject) : []) as unknown as PrinterColumn[];
}

function schemaOf(version: JsonObject): JsonObject | undefined {
  const schema = valueAt(version, 'schema.openAPIV3Schema');
  return isObject(schema) ? schema : undefined;
}
