import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../kubernetes/index.ts';
import type { Catalog, ServedGroup } from './catalog.ts';
import { goJson } from './json.ts';
import { parseAccept } from './negotiation.ts';
import type { ResourceType } from './resource-type.ts';
import { notAcceptable } from './status.ts';

/** A document of discovery, ready to be sent. */
export interface DiscoveryAnswer {
  readonly body: string;
  readonly contentType: string;
  readonly etag?: string;
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];
/** The other subresources (log, exec, eviction, ...) are not served, so they are not announced. */
const servedSubresources = new Set(['status', 'scale']);

export function subresourcesServed(type: ResourceType): string[] {
  return type.subresources.filter((name) => servedSubresources.has(name) && (name !== 'scale' || type.custom));
}

/** Answers a discovery path; `undefined` if nothing is served there. */
export function discover(catalog: Catalog, path: string, accept: string, address: string): DiscoveryAnswer | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, group = '', version] = parts;
  if (root === 'api' && parts.length === 1) return rootDocument(catalog, accept, address, true);
  if (root === 'apis' && parts.length === 1) return rootDocument(catalog, accept, address, false);
  if (root === 'api' && parts.length === 2) return resourceList(catalog, '', group);
  if (root === 'apis' && version !== undefined && parts.length === 3) return resourceList(catalog, group, version);
  if (root !== 'apis' || parts.length !== 2) return undefined;
  const served = catalog.groups().find((entry) => entry.group === group && group !== '');
  return served && json({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(served) });
}

function rootDocument(catalog: Catalog, accept: string, address: string, legacy: boolean): DiscoveryAnswer {
  const groups = catalog.groups().filter((entry) => (entry.group === '') === legacy);
  const wanted = parseAccept(accept);
  for (const media of wanted) {
    const { as, g, v } = media.parameters;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) {
      return aggregated(catalog, groups, v);
    }
    if (as === undefined && ['application/json', 'application/*', '*/*'].includes(media.type)) {
      const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];
      if (legacy) return json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs });
      const entries = groups.map((entry) => ({ ...groupEntry(entry), serverAddressByClientCIDRs }));
      return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: entries });
    }
  }
  throw notAcceptable(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

function groupEntry({ group, versions }: ServedGroup): object {
  const entries = versions.map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

function resourceList(catalog: Catalog, group: string, version: string): DiscoveryAnswer | undefined {
  const types = catalog.resourcesOf(group, version);
  if (types.length === 0) return undefined;
  // Only the core group's list does without.
  const head = group !== '' ? { kind: 'APIResourceList', apiVersion: 'v1' } : { kind: 'APIResourceList' };
  const resources = types.flatMap((type) => [resourceEntry(type), ...subresourceEntries(type)]);
  return json({ ...head, groupVersion: apiVersionOf({ group, version }), resources });
}

function resourceEntry(type: ResourceType): object {
  return {
    name: type.resource,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.custom ? customVerbs : verbs,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    storageVersionHash: hash(`${type.group}/${type.version}/${type.kind}`),
  };
}

/** Eight bytes that stand for how objects are stored; clients only compare them. */
function hash(text: string): string {
  return createHash('sha512').update(text).digest().subarray(0, 8).toString('base64');
}

function subresourceEntries(type: ResourceType): object[] {
  return subresourcesServed(type).map((name) => ({
    name: `${type.resource}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    ...(name === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: type.kind }),
    verbs: subresourceVerbs,
  }));
}

function aggregated(catalog: Catalog, groups: readonly ServedGroup[], profile: string): DiscoveryAnswer {
  const items = groups.map(({ group, versions }) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versions.map((version) => ({
      version,
      resources: catalog.resourcesOf(group, version).map(aggregatedEntry),
      freshness: 'Current',
    })),
  }));
  const apiVersion = `apidiscovery.k8s.io/${profile}`;
  const body = `${goJson({ kind: 'APIGroupDiscoveryList', apiVersion, metadata: {}, items })}\n`;
  return {
    body,
    contentType: `application/json;g=apidiscovery.k8s.io;v=${profile};as=APIGroupDiscoveryList`,
    etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`,
  };
}

function aggregatedEntry(type: ResourceType): object {
  const { group, version } = type;
  // A built-in leaves its group and version to the surrounding document, a custom resource states them.
  const own = (kind: string) => (type.custom ? { group, version, kind } : { group: '', version: '', kind });
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const subresources = subresourcesServed(type).map((name) => ({
    subresource: name,
    responseKind: name === 'scale' ? scale : own(type.kind),
    verbs: subresourceVerbs,
  }));
  return {
    resource: type.resource,
    responseKind: own(type.kind),
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.custom ? customVerbs : verbs,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

function json(document: object): DiscoveryAnswer {
  return { body: `${goJson(document)}\n`, contentType: 'application/json' };
}
