import { continueAfter, parseContinue, printContinue } from './continue-token.ts';
import { type ListOptions, noRevision, parseRevision } from './list-options.ts';
import type { ListMetadata } from './representation.ts';
import type { ResourceType } from './resource-type.ts';
import { indexOfKey, rangeOfNamespace } from './sorted-objects.ts';
import { badRequest, expired, failure, tooLargeResourceVersion } from './status.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';

/** How long a request for a future resource version waits for it. */
export const futureRevisionWait = 3_000;

export interface Page {
  readonly metadata: ListMetadata;
  readonly objects: readonly StoredObject[];
}

const expiredContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

/** Answers a list. Rejects with a failure for what may not be asked, and for states that are gone or yet to come. */
export async function listPage(
  storage: Storage,
  type: ResourceType,
  namespace: string,
  options: ListOptions,
  signal: AbortSignal,
): Promise<Page> {
  const collection = storage.collection(type);
  if (options.continue !== '') {
    const token = parseContinue(options.continue);
    const given = options.resourceVersion;
    if (given !== '' && given !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const limit = given === '0' ? 0 : options.limit;
    const revision = token.revision < 0 ? storage.revision : token.revision;
    const snapshot = collection.snapshotAt(revision, storage.revision);
    if (!snapshot) throw expired(expiredContinue, printContinue({ revision: -1, start: token.start }));
    return cut(snapshot, namespace, revision, { ...options, limit }, token.start);
  }
  const revision = await revisionToList(storage, options, signal);
  const snapshot = collection.snapshotAt(revision, storage.revision);
  if (!snapshot) throw expired('The resourceVersion for the provided list is too old.');
  // The watch cache answers "any version" and does not look at the limit.
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  return cut(snapshot, namespace, revision, { ...options, limit }, '');
}

async function revisionToList(storage: Storage, options: ListOptions, signal: AbortSignal): Promise<number> {
  if (options.resourceVersion === '' || options.resourceVersion === '0') return storage.revision;
  const asked = await reachRevision(storage, options.resourceVersion, signal);
  // An old rule: a version with a limit and without a match means just that version.
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0);
  return exact ? asked : storage.revision;
}

/** Waits for the resource version that a list or get asks for; 504 if it does not come. */
export async function reachRevision(storage: Storage, text: string, signal: AbortSignal): Promise<number> {
  const asked = parseRevision(text);
  if (asked === undefined) throw badRequest(`invalid resource version: ${noRevision(text)}`);
  if (!(await storage.waitForRevision(asked, futureRevisionWait, signal))) {
    throw tooLargeResourceVersion(asked, storage.revision);
  }
  return asked;
}

function cut(
  snapshot: readonly StoredObject[],
  namespace: string,
  revision: number,
  options: ListOptions,
  startKey: string,
): Page {
  const range = rangeOfNamespace(snapshot, namespace);
  const prefix = namespace === '' ? '' : `${namespace}/`;
  let index = startKey === '' ? range.start : Math.max(range.start, indexOfKey(snapshot, prefix + startKey));
  const { selection, limit } = options;
  const resourceVersion = String(revision);
  if (!selection.restricts && limit === 0) {
    return { metadata: { resourceVersion }, objects: snapshot.slice(index, range.end) };
  }
  const objects: StoredObject[] = [];
  for (; index < range.end; index++) {
    const object = snapshot[index] as StoredObject;
    if (!selection.matches(object)) continue;
    objects.push(object);
    if (limit > 0 && objects.length === limit) break;
  }
  const last = objects[objects.length - 1];
  const rest = range.end - index - 1;
  if (limit === 0 || objects.length < limit || rest <= 0 || !last) return { metadata: { resourceVersion }, objects };
  const next = continueAfter(last.key.slice(prefix.length), revision);
  const remaining = selection.restricts ? {} : { remainingItemCount: rest };
  return { metadata: { resourceVersion, continue: next, ...remaining }, objects };
}

export function noSuchWatchRevision(text: string) {
  return failure(500, undefined, noRevision(text));
}
