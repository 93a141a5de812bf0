import { type ApiResource, apiVersionOf, groupVersionPath } from '../../index.ts';
import { type Format, wrap } from './envelope.ts';
import type { Message } from './sinks/index.ts';

/**
 * What the service tells of a subscription itself.
 *
 * - `SYNCED`: the state that it began with was told; once.
 * - `HEARTBEAT`: it is there, and this is how its cache is.
 * - `GAP`: there was something that will not be told.
 * - `SUSPENDED`: the cluster serves no such kind any more; a `DELETED` for each object comes, too. If it is back, they are `ADDED`.
 */
export type ServiceNotice = {
  /** Wall-clock milliseconds. */
  readonly at: number;
  /** Grows with each of these notices of a sink. */
  readonly number: number;
} & ServiceDetails;

export type ServiceDetails =
  | { readonly type: 'SYNCED'; readonly resourceVersion: string }
  | {
      readonly type: 'HEARTBEAT';
      /** Whether the cache follows the API server. */
      readonly connected: boolean;
      /** When the API server was last heard of, RFC 3339; `null` if it never was. */
      readonly lastContact: string | null;
      readonly resourceVersion: string;
    }
  | {
      readonly type: 'GAP';
      /** `overflow`: states between, that `every` had no room for. `memory`: what was told in the last run is not known any more. */
      readonly reason: 'overflow' | 'memory';
      /** States that were lost so far; `null` if nobody knows. */
      readonly lost: number | null;
    }
  | { readonly type: 'SUSPENDED' };

const group = 'watcher.kube-informer.dev';

/**
 * A CloudEvent, or in the format `watch` a `BOOKMARK` with annotations (which whoever reads Kubernetes watches passes over), the one after the initial state marked as there.
 */
export function formatServiceNotice(
  { at, number, ...details }: ServiceNotice,
  {
    resource,
    cluster,
    subscription,
    format,
  }: { resource: ApiResource; cluster: string; subscription: string; format: Format },
): Message {
  const { type } = details;
  const id = `${cluster}/${subscription}/${at}.${number}/${type}`;
  const attributes = {
    id,
    source: `https://${cluster}/apis/${group}/v1alpha1/subscriptions/${subscription}`,
    type: `dev.kube-informer.subscription.${type.toLowerCase()}.v1`,
    subject: `${groupVersionPath(resource)}/${resource.resource}`,
    time: new Date(at).toISOString(),
  };
  const data = format === 'watch' ? bookmark(details, resource) : details;
  return { id, about: { cluster, resource, type, metadata: undefined }, ...wrap(attributes, data, format) };
}

function bookmark(details: ServiceDetails, resource: ApiResource): unknown {
  const { type, ...rest } = details;
  const resourceVersion = 'resourceVersion' in rest ? rest.resourceVersion : '';
  const annotations = Object.fromEntries(
    Object.entries({ event: type, ...rest })
      .filter(([name, value]) => name !== 'resourceVersion' && value !== null)
      .map(([name, value]) => [`${group}/${name}`, String(value)]),
  );
  if (type === 'SYNCED') annotations['k8s.io/initial-events-end'] = 'true';
  const object = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { resourceVersion, annotations },
  };
  return { type: 'BOOKMARK', object };
}
