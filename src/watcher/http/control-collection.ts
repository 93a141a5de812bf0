import { isDeepStrictEqual } from 'node:util';
import type { ApiResource, Clock, KubeObject, Timer } from '../../index.ts';
import { EventLog, type KindEvent, type KindSnapshot, refusal } from '../cache/index.ts';
import type { Watched } from '../query/index.ts';
import type { Condition } from './control-resource.ts';

/** A resource of the service itself. */
export interface ControlResource extends KubeObject {
  spec: object;
  status: { conditions: Condition[] };
}

export interface ControlCollectionOptions<R extends ControlResource> {
  readonly resource: Pick<ApiResource, 'group' | 'version' | 'kind' | 'resource'>;
  /** All of them as they are now; versions and times of transitions are filled in here. */
  readonly read: () => Iterable<R>;
  /** Fields of the status that only tell the time: what they say makes no new version. */
  readonly ofTheMoment: readonly (keyof R['status'] & string)[];
  readonly clock: Clock;
}

/** What is known of one: as it was last told of. */
interface Known<R> {
  readonly object: R;
  /** The version at which it was made, or its `spec` was last changed. */
  readonly writtenAt: number;
}

/** How often changes are looked for while somebody watches, milliseconds. */
const lookInterval = 1_000;
const logLength = 1_000;

/**
 * Resources of the service as an API server would have them: with versions, and watched like a cached kind. What they say is read from where it is true
 * whenever somebody asks, and every second while somebody watches; each difference is a version and an event.
 *
 * Invariants:
 * - Of one version there is one state, what `ofTheMoment` names aside.
 * - Versions grow, also over a restart of the service: they begin with the time of its start.
 * - A write against a version conflicts if the `spec` changed since then; what becomes of the status is no conflict.
 */
export class ControlCollection<R extends ControlResource> implements Watched {
  readonly resource: ControlCollectionOptions<R>['resource'];
  readonly log = new EventLog(logLength);
  readonly #options: ControlCollectionOptions<R>;
  readonly #watchers = new Set<() => void>();
  #known = new Map<string, Known<R>>();
  #version: number;
  #look: Timer | undefined;
  #closed = false;

  constructor(options: ControlCollectionOptions<R>) {
    this.#options = options;
    this.resource = options.resource;
    this.#version = options.clock.now();
  }

  /** Ends the watches. */
  close(): void {
    this.#closed = true;
    this.#look?.cancel();
    for (const wake of Array.from(this.#watchers)) wake();
  }

  /** All of them as they are now, by name. */
  list(): R[] {
    this.refresh();
    return Array.from(this.#options.read(), (read) => this.#versioned(read));
  }

  /** @throws ApiStatusError 404 */
  get(name: string): R {
    const found = this.list().find(({ metadata }) => metadata.name === name);
    if (found) return found;
    const { resource, group } = this.resource;
    throw refusal(404, 'NotFound', `${resource}.${group} "${name}" not found`, { name, group, kind: resource });
  }

  /**
   * Checks that who writes has seen what they write over. Without a version they don't care.
   *
   * @throws ApiStatusError 400, 404, 409
   */
  checkWrite(
    name: string,
    { uid, resourceVersion }: { uid?: string | undefined; resourceVersion?: string | undefined },
  ) {
    const { metadata } = this.get(name);
    const { resource, group } = this.resource;
    const conflict = (why: string) =>
      refusal(409, 'Conflict', `${resource}.${group} "${name}" was not changed: ${why}`, {
        name,
        group,
        kind: resource,
      });
    if (uid !== undefined && uid !== metadata.uid) throw conflict(`its uid is ${metadata.uid}, not ${uid}`);
    if (resourceVersion === undefined || resourceVersion === '') return;
    if (!/^\d{1,16}$/.test(resourceVersion))
      throw refusal(400, 'BadRequest', 'metadata.resourceVersion is none of ours');
    const version = Number(resourceVersion);
    if (version >= this.#known.get(name)!.writtenAt && version <= this.#version) return;
    throw conflict(`it was changed since version ${resourceVersion}: read it again`);
  }

  /** Looks for what changed, and tells of it. To be called after each write. */
  refresh(): void {
    const before = this.#known;
    const known = new Map<string, Known<R>>();
    for (const read of this.#options.read()) {
      const { name, uid } = read.metadata;
      const was = before.get(name);
      if (was && was.object.metadata.uid !== uid) this.#tell('DELETED', was.object, was.object);
      known.set(name, this.#compared(read, was?.object.metadata.uid === uid ? was : undefined));
    }
    this.#known = known;
    for (const [name, { object }] of before) if (!known.has(name)) this.#tell('DELETED', object, object);
  }

  get phase(): 'live' | 'stopped' {
    return this.#closed ? 'stopped' : 'live';
  }

  get seq(): number {
    return this.log.seq;
  }

  get resourceVersion(): string {
    return String(this.#version);
  }

  snapshot(): KindSnapshot {
    const objects = this.list();
    const { seq, resourceVersion } = this;
    this.log.note(resourceVersion, seq);
    return { objects, seq, resourceVersion };
  }

  /** Somebody watches: from now on changes are looked for. */
  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.#watchers.add(own);
    if (!this.#look && !this.#closed) this.#schedule();
    return () => {
      this.#watchers.delete(own);
      if (this.#watchers.size > 0) return;
      this.#look?.cancel();
      this.#look = undefined;
    };
  }

  #schedule(): void {
    this.#look = this.#options.clock.setTimer(() => {
      this.#schedule();
      this.refresh();
    }, lookInterval);
  }

  #compared(read: R, was: Known<R> | undefined): Known<R> {
    const object = withTransitions(read, was?.object, this.#options.clock.now());
    if (was && isDeepStrictEqual(this.#lasting(object), this.#lasting(was.object))) return was;
    const told = this.#tell(was ? 'MODIFIED' : 'ADDED', object, was?.object);
    const isWritten = was?.object.metadata.generation !== object.metadata.generation;
    return { object: told, writtenAt: isWritten || !was ? this.#version : was.writtenAt };
  }

  /** What makes a version. */
  #lasting({ metadata: { resourceVersion: _, ...metadata }, status, ...rest }: R): object {
    const entries = Object.entries(status).filter(([name]) => !(this.#options.ofTheMoment as string[]).includes(name));
    return { ...rest, metadata, status: Object.fromEntries(entries) };
  }

  #tell(type: KindEvent['type'], object: R, oldObject: R | undefined): R {
    const resourceVersion = String(++this.#version);
    const told: R = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const old = type === 'DELETED' ? told : oldObject;
    this.log.append({ type, object: told, oldObject: old, origin: 'live', at: this.#options.clock.now() });
    return told;
  }

  #versioned(read: R): R {
    const { object } = this.#known.get(read.metadata.name)!;
    const { resourceVersion } = object.metadata;
    const current = withTransitions(read, object, this.#options.clock.now());
    return { ...current, metadata: { ...current.metadata, resourceVersion } };
  }
}

/** Conditions with the time at which their status became what it is. */
function withTransitions<R extends ControlResource>(read: R, was: R | undefined, now: number): R {
  const conditions = read.status.conditions.map((condition) => {
    const before = was?.status.conditions.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status;
    const lastTransitionTime = isSame ? before.lastTransitionTime : new Date(now).toISOString();
    return { ...condition, lastTransitionTime };
  });
  return { ...read, status: { ...read.status, conditions } };
}
