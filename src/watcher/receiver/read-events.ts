import type { KubeObject } from '../../index.ts';
import type { Incoming } from './exchange.ts';

/** An event that came from a watcher. */
export interface ReceivedEvent<T = KubeObject> {
  /** The same for each time that it is sent. */
  readonly id: string;
  /** `ADDED`, `MODIFIED`, `DELETED`, or what the watcher tells of itself: `SYNCED`, `HEARTBEAT`, `GAP`, `SUSPENDED`, `TEST`, and `BOOKMARK` in the format `watch`. */
  readonly type: string;
  /** What the event is about, as far as the subscription tells of it. */
  readonly object: T | undefined;
  /** The state before, if the subscription tells of it. */
  readonly oldObject: T | undefined;
  /** Everything that the event says. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The attributes of CloudEvents; none in the format `watch`. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The common name of the certificate that the sender showed to `node:https`, if that asked for one and believes who signed it. */
  readonly sender: string | undefined;
}

/** A body that is no event. */
export class Malformed extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const single = /^application\/(json|cloudevents\+json)\s*(;|$)/i;
const batch = /^application\/cloudevents-batch\+json\s*(;|$)/i;

/** Whether bodies of that type are read. */
export function isKnownType(contentType: string | undefined): boolean {
  return contentType !== undefined && (single.test(contentType) || batch.test(contentType));
}

/**
 * The events of a body: of a CloudEvent in the body or in the headers, of several, or as Kubernetes watches have them.
 *
 * @throws Malformed
 */
export function readEvents<T>({ header, headerNames, sender }: Incoming, body: string): ReceivedEvent<T>[] {
  const parsed = parse(body);
  const id = header('webhook-id');
  if (batch.test(header('content-type') ?? '')) {
    if (!Array.isArray(parsed)) throw new Malformed('a batch is no list');
    return parsed.map((each) => structured<T>(fieldsOf(each), undefined, sender));
  }
  const fields = fieldsOf(parsed);
  if ('specversion' in fields) return [structured<T>(fields, id, sender)];
  const attributes: Record<string, unknown> = {};
  for (const name of headerNames) if (name.startsWith('ce-')) attributes[name.slice(3)] = decoded(header(name) ?? '');
  return [eventOf<T>(attributes, fields, id, sender)];
}

function structured<T>({ data, ...attributes }: Fields, id: string | undefined, sender: string | undefined) {
  return eventOf<T>(attributes, fieldsOf(data ?? {}), id, sender);
}

function eventOf<T>(
  attributes: Fields,
  data: Fields,
  given: string | undefined,
  sender: string | undefined,
): ReceivedEvent<T> {
  const id = given ?? attributes.id;
  const type = data.type ?? attributes.type;
  if (typeof id !== 'string' || id === '') throw new Malformed('an event has no id');
  if (typeof type !== 'string') throw new Malformed('an event has no type');
  const { object, oldObject } = data as { object?: T; oldObject?: T | null };
  return { id, type, object, oldObject: oldObject ?? undefined, data, attributes, sender };
}

/** Events of the same key are handled in the order in which they came: what is about one object. */
export function keyOf({ id, attributes, object }: ReceivedEvent<unknown>): string {
  if (typeof attributes.subject === 'string') return attributes.subject;
  const { kind, metadata } = (object ?? {}) as { kind?: string; metadata?: { namespace?: string; name?: string } };
  return metadata?.name === undefined ? id : `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new Malformed('it is no JSON', { cause });
  }
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('an event is no object');
  return value as Fields;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded as it should be: as it came.
    return text;
  }
}
