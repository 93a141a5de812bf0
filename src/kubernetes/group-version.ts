import { KubeInformerError } from '../runtime/index.ts';
import type { GroupVersionKind, GroupVersionResource } from './resources.ts';
import { faultOfDnsLabel, faultOfPathSegment, faultOfSubdomain } from './validation.ts';

/** A group and one of its versions, as `apiVersion` names them. */
export interface GroupVersion {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
}

function invalid(what: string, text: string, fault: string, hint: string): KubeInformerError {
  return new KubeInformerError('InvalidResource', `${what} ${JSON.stringify(text)} ${fault}`, { hint });
}

/**
 * Reads an `apiVersion`: `v1` (the core group) or `apps/v1`.
 *
 * @throws KubeInformerError `InvalidResource`
 */
export function parseGroupVersion(apiVersion: string): GroupVersion {
  const parts = apiVersion.split('/');
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw invalid('apiVersion', apiVersion, 'is malformed', "Write 'v1' for the core group, else 'group/version'.");
  }
  const [first, second] = parts as [string, string | undefined];
  const groupVersion = second === undefined ? { group: '', version: first } : { group: first, version: second };
  checkGroupVersion(groupVersion);
  return groupVersion;
}

function checkGroupVersion({ group, version }: GroupVersion): void {
  const faultOfGroup = group === '' ? undefined : faultOfSubdomain(group);
  if (faultOfGroup)
    throw invalid('group', group, faultOfGroup, "The core group is '', others look like apps or example.com.");
  const faultOfVersion = faultOfDnsLabel(version);
  if (faultOfVersion) throw invalid('version', version, faultOfVersion, 'Versions look like v1 or v1beta1.');
}

/**
 * Throws unless group, version and plural are well formed. It does not ask whether any server has them.
 *
 * @throws KubeInformerError `InvalidResource`
 */
export function checkGvr(gvr: GroupVersionResource): void {
  checkGroupVersion(gvr);
  const fault = faultOfDnsLabel(gvr.resource);
  if (fault) throw invalid('resource', gvr.resource, fault, 'Use the plural as in URLs: pods, deployments.');
}

/**
 * Reads the text of a group, version and plural: `apps/v1/deployments`, or `v1/pods` in the core group.
 *
 * @throws KubeInformerError `InvalidResource`
 */
export function parseGvr(text: string): GroupVersionResource {
  const slash = text.lastIndexOf('/');
  if (slash <= 0)
    throw invalid('resource', text, 'is malformed', "Write 'group/version/plural', or 'v1/pods' in the core group.");
  const gvr = { ...parseGroupVersion(text.slice(0, slash)), resource: text.slice(slash + 1) };
  checkGvr(gvr);
  return gvr;
}

/** The inverse of `parseGvr`: a text that is the same for the same resource, good as a key. */
export function gvrText({ group, version, resource }: GroupVersionResource): string {
  return group === '' ? `${version}/${resource}` : `${group}/${version}/${resource}`;
}

/**
 * The group, version and kind of an object, from its `apiVersion` and `kind`.
 *
 * @throws KubeInformerError `InvalidResource` if one of them is absent or malformed. Items of a list of built-in
 * resources carry neither on the wire.
 */
export function gvkOf(object: { readonly apiVersion?: string; readonly kind?: string }): GroupVersionKind {
  const { apiVersion, kind } = object;
  if (!apiVersion || !kind) {
    throw invalid(
      'object of kind',
      kind ?? '',
      `and apiVersion ${JSON.stringify(apiVersion ?? '')} is not typed`,
      'Objects need both kind and apiVersion.',
    );
  }
  return { ...parseGroupVersion(apiVersion), kind };
}

/** Which part of a collection a path leads to. */
export interface PathOptions {
  /** `undefined` for cluster-scoped resources, and for all namespaces at once. */
  readonly namespace?: string | undefined;
  /** `undefined` for the collection. */
  readonly name?: string | undefined;
  /** `status`, `scale`, `log`, ...; needs `name`. */
  readonly subresource?: string | undefined;
}

/**
 * The URL path of a collection, an object, or a subresource of it.
 *
 * @throws KubeInformerError `InvalidResource` if a part could lead elsewhere (empty, `.`, `..`, or with `/` or `%` in it).
 * @example resourcePath({ group: '', version: 'v1', resource: 'pods' }, { namespace: 'x', name: 'y', subresource: 'status' })
 * // '/api/v1/namespaces/x/pods/y/status'
 */
export function resourcePath(gvr: GroupVersionResource, options: PathOptions = {}): string {
  checkGvr(gvr);
  const { namespace, name, subresource } = options;
  if (subresource !== undefined && name === undefined) {
    throw invalid('subresource', subresource, 'has no name before it', 'Give the name of the object, too.');
  }
  let path = `${groupVersionPath(gvr)}`;
  if (namespace !== undefined) path += `/namespaces/${segment('namespace', namespace)}`;
  path += `/${gvr.resource}`;
  if (name !== undefined) path += `/${segment('name', name)}`;
  if (subresource !== undefined) path += `/${segment('subresource', subresource)}`;
  return path;
}

/** The URL path of a group version: `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath({ group, version }: GroupVersion): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

function segment(what: string, text: string): string {
  const fault = faultOfPathSegment(text);
  if (fault) throw invalid(what, text, fault, 'Names are segments of the path of a URL.');
  return encodeURIComponent(text);
}
