import { KubeInformerError, type KubeObject, keyOf } from '../../index.ts';
import { type CachedObject, readPath } from '../cache/index.ts';
import type { Keys, Link, Relation, RelationBy, RelationDefinition } from './relation.ts';

/**
 * Says which objects belong together, so that the watcher can show trees of them, and watch those. Trees go both ways: below the root what it leads to, above it
 * what leads to it.
 *
 * Functions must be pure: what they give for an object is kept in an index.
 *
 * @throws KubeInformerError `InvalidOption` if the name can't stand in a path
 * @example
 * interface Gateway extends KubeObject { spec: { servers?: { hosts: string[] }[] } }
 * interface VirtualService extends KubeObject { spec: { hosts?: string[]; gateways?: string[] } }
 *
 * const gatewayHosts = defineRelation<Gateway, VirtualService>({
 *   name: 'gateway-hosts',
 *   from: { group: 'networking.istio.io', version: 'v1', kind: 'Gateway' },
 *   to: { group: 'networking.istio.io', version: 'v1', kind: 'VirtualService' },
 *   by: {
 *     from: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`],
 *     to: ({ metadata, spec }) =>
 *       (spec.gateways ?? []).map((name) => (name.includes('/') ? name : `${metadata.namespace}/${name}`)),
 *   },
 *   acrossNamespaces: true,
 *   show: { from: ({ spec }) => ({ hosts: (spec.servers ?? []).flatMap(({ hosts }) => hosts) }) },
 * });
 * console.log(gatewayHosts.links.map(({ via }) => via));
 */
export function defineRelation<From extends KubeObject = KubeObject, To extends KubeObject = KubeObject>(
  definition: RelationDefinition<From, To>,
): Relation {
  const { name, from, to, by, acrossNamespaces = false, isFallback = false, and = [] } = definition;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    const hint = 'A name is 1 to 63 lower-case letters, digits and "-".';
    throw new KubeInformerError('InvalidOption', `a relation can't be named ${JSON.stringify(name)}`, { hint });
  }
  // From here on nobody knows the types any more: an object reaches only functions of its own kind.
  const { when = () => true, show = {} } = definition as unknown as RelationDefinition<KubeObject, KubeObject>;
  const { fromKeys, toKeys, via } = keysOf(
    by as unknown as RelationBy<KubeObject, KubeObject>,
    name,
    acrossNamespaces ? (object) => [keyOf(object)] : ({ metadata }) => [metadata.name],
  );
  const link: Link = {
    name,
    from,
    to,
    via: definition.via ?? via,
    fromKeys,
    toKeys,
    isLocal: !acrossNamespaces,
    isFallback,
    when,
    showFrom: show.from,
    showTo: show.to,
  };
  return { name, links: [link, ...and.flatMap(({ links }) => links)] };
}

function keysOf(
  by: RelationBy<KubeObject, KubeObject>,
  name: string,
  nameOf: Keys<KubeObject>,
): Pick<Link, 'fromKeys' | 'toKeys' | 'via'> {
  if (by === 'owner') {
    return {
      fromKeys: ({ metadata }) => [metadata.uid],
      toKeys: controllerOf,
      via: 'controllerRef',
    };
  }
  if (typeof by === 'function') return { fromKeys: by, toKeys: nameOf, via: name };
  if ('label' in by) {
    const { label } = by;
    return { fromKeys: nameOf, toKeys: ({ metadata }) => present(metadata.labels?.[label]), via: `label ${label}` };
  }
  if ('field' in by) {
    const read = readPath(by.field);
    return { fromKeys: (object) => present(read(object)), toKeys: nameOf, via: by.field };
  }
  return { fromKeys: by.from, toKeys: by.to, via: name };
}

function present(text: string | undefined): readonly string[] {
  return text ? [text] : [];
}

/** The uid of the owner that controls an object, if one does. */
export function controllerOf({ metadata }: CachedObject): readonly string[] {
  return present(metadata.ownerReferences?.find((reference) => reference.controller)?.uid);
}
