import { checkGvr, type GroupVersionResource } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';

/** On whose behalf something is watched: an object, by its full identity. Owners of one name in two namespaces are two owners. */
export interface WatchOwner {
  readonly group: string;
  readonly kind: string;
  /** `''` for a cluster-scoped owner. */
  readonly namespace: string;
  readonly name: string;
  /** Tells an owner from an earlier one of the same name. Not part of the key. */
  readonly uid?: string | undefined;
}

/** Nobody owns it: it is there under a name of its own until it is stopped. */
export interface WatchPin {
  readonly pin: string;
}

/** What makes a watch the one it is. */
export interface KeyParams {
  readonly owner: WatchOwner | WatchPin;
  readonly gvr: GroupVersionResource;
  /** `''`: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string;
  /** `''`: the whole collection. */
  readonly name: string;
  /** As canonical text; `''`, the default, selects everything. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Default: `full`. */
  readonly as?: 'full' | 'metadata';
}

const ownerParts = 5;
const targetParts = 5;
const selectionParts = 3;

/**
 * The key of a watch: the same text for the same parameters, another one for others. Every part is escaped, so that no name can be taken for
 * two, and none is a prefix of another by accident.
 *
 * @throws KubeInformerError `InvalidResource` if a part is no well-formed text
 * @example
 * const owner = { group: 'shop.io', kind: 'App', namespace: 'shop', name: 'blue' };
 * const gvr = { group: 'apps', version: 'v1', resource: 'deployments' };
 * watchKey({ owner, gvr, namespace: 'shop', name: 'web' }) // 'owner/shop.io/App/shop/blue/apps/v1/deployments/shop/web'
 */
export function watchKey(params: KeyParams): string {
  const { gvr, namespace, name, labelSelector = '', fieldSelector = '', as = 'full' } = params;
  const parts = [gvr.group, gvr.version, gvr.resource, namespace, name];
  // What is not selected is not written: the usual key is short.
  if (labelSelector !== '' || fieldSelector !== '' || as !== 'full') parts.push(labelSelector, fieldSelector, as);
  return `${ownerKey(params.owner)}/${escaped(parts)}`;
}

/** The part of a watch's key that stands for its owner, without its uid. */
export function ownerKey(owner: WatchOwner | WatchPin): string {
  if ('pin' in owner) return escaped(['pin', '', '', '', owner.pin]);
  return escaped(['owner', owner.group, owner.kind, owner.namespace, owner.name]);
}

/**
 * The inverse of `watchKey`.
 *
 * @throws KubeInformerError `InvalidResource` if `key` is none
 */
export function parseWatchKey(key: string): KeyParams {
  const parts = key.split('/').map((part) => unescaped(key, part));
  const [kindOfOwner, ownerGroup, kind, ownerNamespace, ownerName, ...target] = parts as [string, ...string[]];
  const [group, version, resource, namespace, name, labelSelector, fieldSelector, as] = target;
  const whole = parts.length === ownerParts + targetParts || parts.length === ownerParts + targetParts + selectionParts;
  if (!whole || (kindOfOwner !== 'owner' && kindOfOwner !== 'pin')) throw malformed(key);
  if (as !== undefined && as !== 'full' && as !== 'metadata') throw malformed(key);
  const gvr = { group: group!, version: version!, resource: resource! };
  checkGvr(gvr);
  return {
    owner:
      kindOfOwner === 'pin'
        ? { pin: ownerName! }
        : { group: ownerGroup!, kind: kind!, namespace: ownerNamespace!, name: ownerName! },
    gvr,
    namespace: namespace!,
    name: name!,
    ...(as !== undefined && { labelSelector: labelSelector!, fieldSelector: fieldSelector!, as }),
  };
}

/** The same owner; uids count where both are known. */
export function sameOwner(one: WatchOwner | WatchPin, other: WatchOwner | WatchPin): boolean {
  if (ownerKey(one) !== ownerKey(other)) return false;
  if ('pin' in one || 'pin' in other) return true;
  return one.uid === undefined || other.uid === undefined || one.uid === other.uid;
}

function escaped(parts: readonly string[]): string {
  try {
    return parts.map(encodeURIComponent).join('/');
  } catch (cause) {
    throw new KubeInformerError('InvalidResource', 'a name is no well-formed Unicode text', {
      cause,
      hint: 'Names of Kubernetes consist of letters, digits, "-" and ".".',
    });
  }
}

function unescaped(key: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(key);
  }
}

function malformed(key: string): KubeInformerError {
  return new KubeInformerError('InvalidResource', `${JSON.stringify(key)} is not the key of a watch`, {
    hint: 'Keys are made by watchKey.',
  });
}
