import { type ApiResource, apiVersionOf, groupVersionPath } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';
import type { Notice } from './notice.ts';
import { withoutSecrets } from './redact.ts';
import { type Message, percentEncode } from './sinks/index.ts';

/** How notices are written. */
export interface FormatOptions {
  /** `watch`: an event as Kubernetes watches have it. `cloudevents`: CloudEvents 1.0, all in the body. `cloudevents-binary`: attributes in headers. */
  readonly format: 'watch' | 'cloudevents' | 'cloudevents-binary';
  /** How much of an object: all of it, its metadata, or no more than what it is called. */
  readonly payload: 'full' | 'metadata' | 'reference';
  /** Whether the state before is told, too. */
  readonly includeOld: boolean;
  /** `default`: Secrets without their values, wherever they are. `none`: as cached. */
  readonly redact: 'default' | 'none';
}

/** @param cluster the name of the cluster, for ids and sources. */
export function formatNotice(
  notice: Notice,
  { resource, cluster, options }: { resource: ApiResource; cluster: string; options: FormatOptions },
): Message {
  const { metadata } = notice.object;
  const about = { cluster, resource, type: notice.type, metadata };
  const id = `${cluster}/${metadata.uid}/${metadata.resourceVersion}/${notice.type}`;
  const written = (object: CachedObject) => payloadOf(object, resource, options);
  const data = {
    type: notice.type,
    object: written(notice.object),
    ...(options.includeOld && { oldObject: notice.oldObject ? written(notice.oldObject) : null }),
  };
  if (options.format === 'watch') {
    return { id, about, headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) };
  }
  const attributes = attributesOf(notice, id, resource, cluster);
  if (options.format === 'cloudevents') {
    const body = JSON.stringify({ ...attributes, datacontenttype: 'application/json', data });
    return { id, about, headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' }, body };
  }
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, headerText(String(value))]);
  return {
    id,
    about,
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    body: JSON.stringify(data),
  };
}

/** Names of extensions are at most 20 lower-case letters and digits. */
function attributesOf(
  notice: Notice,
  id: string,
  resource: ApiResource,
  cluster: string,
): Record<string, string | boolean> {
  const { namespace, name, uid, resourceVersion } = notice.object.metadata;
  const inside = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `${groupVersionPath(resource)}${inside}/${resource.resource}`;
  return {
    specversion: '1.0',
    id,
    source: `https://${cluster}${path}`,
    type: `dev.kube-informer.object.${notice.type.toLowerCase()}.v1`,
    subject: `${path}/${name}`,
    time: new Date(notice.at).toISOString(),
    sequence: String(notice.seq).padStart(20, '0'),
    partitionkey: uid,
    resourceversion: resourceVersion,
    initial: notice.initial,
    origin: notice.origin,
    ...(notice.reason !== undefined && { reason: notice.reason }),
  };
}

function payloadOf(object: CachedObject, resource: ApiResource, { payload, redact }: FormatOptions): unknown {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const chosen =
    payload === 'full'
      ? { ...object, ...type }
      : { ...type, metadata: payload === 'metadata' ? object.metadata : { namespace, name, uid, resourceVersion } };
  return redact === 'none' ? chosen : withoutSecrets(chosen);
}

/** As the HTTP binding has it: what is no printable ASCII, and space, `"` and `%`, is percent-encoded as UTF-8. */
function headerText(text: string): string {
  return percentEncode(text, /[^\x21\x23\x24\x26-\x7e]/gu);
}
