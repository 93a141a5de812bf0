import { compareResourceVersions } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';
import type { Watched, WatchStart } from './watch.ts';

/**
 * Where a stream goes on from, as a text that clients hand back. `log;seq;version;key`: which log, after which of its events, the resource version of that
 * place if there is one, and, in the middle of the initial state, the last object of it that was told.
 *
 * The version leads on in another log: after a restart, or in another instance of the service.
 */
export function eventId(
  log: string,
  seq: number,
  { version = '', key = '' }: { version?: string; key?: string },
): string {
  return `${log};${seq.toString(36)};${version};${encodeURIComponent(key)}`;
}

/** @param mark whether the end of the initial state is to be told, if it is not over yet. */
export function startAfter(kind: Watched, id: string, mark: boolean): WatchStart {
  const expired: WatchStart = { from: 'nowhere' };
  const match = /^([\w-]+);([0-9a-z]{1,10});(\d*);([^;]*)$/.exec(id);
  if (!match) return expired;
  const [, log, text, version, key] = match as unknown as [string, string, string, string, string];
  if (log !== kind.log.id) return key === '' && version !== '' ? startAtVersion(kind, version) : expired;
  const seq = Number.parseInt(text, 36);
  if (seq < kind.log.start || seq > kind.seq) return expired;
  if (key === '') return { from: 'position', seq, newerThan: undefined };
  try {
    return { from: 'middle', seq, key: decodeURIComponent(key), mark };
  } catch {
    return expired;
  }
}

function startAtVersion(kind: Watched, version: string): WatchStart {
  const position = kind.log.positionOf(version);
  if (position === 'expired') return { from: 'nowhere' };
  // What is applied and waits for the log may be newer still.
  if (position === 'ahead') return { from: 'position', seq: kind.log.seq, newerThan: version };
  return { from: 'position', seq: position, newerThan: undefined };
}

/** Objects in the order in which the initial state is told to whoever can go on in the middle of it. */
export function inOrder(objects: readonly CachedObject[]): CachedObject[] {
  return objects
    .map((object) => ({ object, key: keyOf(object) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ object }) => object);
}

/** `namespace/name`. */
export function keyOf({ metadata: { namespace = '', name } }: CachedObject): string {
  return `${namespace}/${name}`;
}

export function isNewer(object: CachedObject, version: string): boolean {
  const order = compareResourceVersions(object.metadata.resourceVersion, version);
  return order === undefined || order > 0;
}
