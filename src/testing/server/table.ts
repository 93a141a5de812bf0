import { goJson, isObject, type JsonObject, valueAt } from './json.ts';
import { type ListMetadata, ordered, partialBookmark, type Representation } from './representation.ts';
import type { EventType, PrinterColumn, ResourceType } from './resource-type.ts';
import type { StoredObject } from './stored-object.ts';

const nameColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** The form that `kubectl get` asks for: rows of cells. */
export class TableRows implements Representation {
  readonly #columns: readonly PrinterColumn[];
  readonly #includeObject: string;
  readonly #type: ResourceType;
  #columnsSent = false;

  readonly #now: number;

  /** @param now the time from which ages are counted, milliseconds since the Unix epoch. */
  constructor(type: ResourceType, includeObject: string, now: number) {
    this.#type = type;
    this.#columns = type.columns.length > 0 ? type.columns : [ageColumn];
    this.#includeObject = includeObject;
    this.#now = now;
  }

  item(object: StoredObject): readonly Buffer[] {
    return [Buffer.from(goJson(this.#row(object)))];
  }

  object(object: StoredObject): readonly Buffer[] {
    return [Buffer.from(this.#table(object))];
  }

  event(type: EventType, object: StoredObject): readonly Buffer[] {
    return [Buffer.from(`{"type":"${type}","object":${this.#table(object)}}\n`)];
  }

  bookmark(revision: number, endsInitialEvents: boolean): Buffer {
    const row = {
      cells: ['', ...this.#columns.map(() => null)],
      object: partialBookmark(revision, endsInitialEvents),
    };
    const table = `${this.#head({ resourceVersion: String(revision) }, null)}${goJson(row)}]}`;
    return Buffer.from(`{"type":"BOOKMARK","object":${table}}\n`);
  }

  list(metadata: ListMetadata): { open: string; close: string } {
    return { open: this.#head(metadata, this.#definitions()), close: ']}\n' };
  }

  #table(object: StoredObject): string {
    const definitions = this.#columnsSent ? null : this.#definitions();
    this.#columnsSent = true;
    return `${this.#head({ resourceVersion: String(object.revision) }, definitions)}${goJson(this.#row(object))}]}`;
  }

  #head(metadata: ListMetadata, definitions: readonly object[] | null): string {
    const head = '{"kind":"Table","apiVersion":"meta.k8s.io/v1"';
    return `${head},"metadata":${goJson(ordered(metadata))},"columnDefinitions":${goJson(definitions)},"rows":[`;
  }

  #definitions(): object[] {
    const columns = this.#columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? '',
      description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
      priority: column.priority ?? 0,
    }));
    return [nameColumn, ...columns];
  }

  #row(object: StoredObject): object {
    const decoded = object.decode(this.#type);
    const cells = [object.name, ...this.#columns.map((column) => cell(decoded, column, this.#now))];
    if (this.#includeObject === 'None') return { cells, object: null };
    if (this.#includeObject === 'Object') return { cells, object: decoded };
    const { metadata } = JSON.parse(`{${Buffer.concat(object.metadataTail).toString()}`) as { metadata: JsonObject };
    return { cells, object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } };
  }
}

function cell(object: JsonObject, column: PrinterColumn, now: number): unknown {
  const value = valueAt(object, column.jsonPath.replace(/^\./, ''));
  if (value === undefined) return null;
  if (column.type === 'date') return age(now - Date.parse(String(value)));
  return isObject(value) || Array.isArray(value) ? goJson(value) : value;
}

/** A duration as people read it: the two largest units where the second still matters. */
function age(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const pair = (large: number, unit: string, small: number, smallUnit: string) =>
    small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return pair(days, 'd', hours % 24, 'h');
  return `${days}d`;
}
