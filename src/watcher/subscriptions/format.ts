import { type ApiResource, apiVersionOf, groupVersionPath } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';
import { changedPaths } from './changed-paths.ts';
import { type Attributes, type Format, wrap } from './envelope.ts';
import { fieldsAt } from './fields.ts';
import type { Notice } from './notice.ts';
import { withoutSecrets } from './redact.ts';
import type { Message } from './sinks/index.ts';

/** How notices are written. */
export interface FormatOptions {
  readonly format: Format;
  /** How much of an object: all of it, its metadata, no more than what it is called, or that and some fields. */
  readonly payload: 'full' | 'metadata' | 'reference' | 'projection';
  /** What a projection has. */
  readonly fields: readonly string[];
  /** Whether the state before is told, too. */
  readonly includeOld: boolean;
  /** Whether it is told where a `MODIFIED` differs from the state before, if that is known. */
  readonly changedPaths: boolean;
  /** `default`: Secrets without their values, wherever they are. `none`: as cached. */
  readonly redact: 'default' | 'none';
}

export interface FormatContext {
  readonly resource: ApiResource;
  /** The name of the cluster, for ids and sources. */
  readonly cluster: string;
  readonly options: FormatOptions;
}

/** A function that writes notices of one kind. */
export function formatterOf({ resource, cluster, options }: FormatContext): (notice: Notice) => Message {
  const written = payloadWriter(resource, options);
  return (notice) => {
    const { type, object, oldObject } = notice;
    const { metadata } = object;
    // Of a state, however it is told: one that another instance tells as ADDED, or that took the place of an ADDED that waited, is the same.
    const what = type === 'DELETED' ? 'DELETED' : 'STATE';
    const id = `${cluster}/${metadata.uid}/${metadata.resourceVersion}/${what}${occasion(notice)}`;
    const data = {
      type,
      object: written(object),
      ...(options.includeOld && { oldObject: oldObject ? written(oldObject) : null }),
      ...(options.changedPaths &&
        type === 'MODIFIED' &&
        oldObject && { changedPaths: changedPaths(oldObject, object) }),
    };
    const attributes = attributesOf(notice, id, resource, cluster);
    return { id, about: { cluster, resource, type, metadata }, ...wrap(attributes, data, options.format) };
  };
}

/**
 * An object that goes and comes back with its definition does so as it was, and of one whose end came between two runs the version may not be known. Whoever passes over what
 * has a known id must not take that for what was told before.
 */
function occasion({ origin, at, object }: Notice): string {
  const isAgain = origin === 'kind-added' || origin === 'kind-removed' || object.metadata.resourceVersion === '';
  return isAgain ? `/${at}` : '';
}

function attributesOf(notice: Notice, id: string, resource: ApiResource, cluster: string): Attributes {
  const { namespace, name, uid, resourceVersion } = notice.object.metadata;
  const inside = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `${groupVersionPath(resource)}${inside}/${resource.resource}`;
  return {
    id,
    source: `https://${cluster}${path}`,
    type: `dev.kube-informer.object.${notice.type.toLowerCase()}.v1`,
    subject: `${path}/${name}`,
    time: new Date(notice.at).toISOString(),
    sequence: String(notice.seq).padStart(20, '0'),
    partitionkey: uid,
    // Of an end between two runs it may not be known.
    ...(resourceVersion !== '' && { resourceversion: resourceVersion }),
    initial: notice.initial,
    origin: notice.origin,
    ...(notice.reason !== undefined && { reason: notice.reason }),
  };
}

function payloadWriter(resource: ApiResource, { payload, fields, redact }: FormatOptions) {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const safe = (value: object) => (redact === 'none' ? value : (withoutSecrets(value) as object));
  const chosen = fieldsAt(fields);
  return (object: CachedObject): unknown => {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const reference = { namespace, name, uid, resourceVersion };
    switch (payload) {
      case 'full':
        return safe({ ...object, ...type });
      case 'metadata':
        return safe({ ...type, metadata: object.metadata });
      case 'reference':
        return { ...type, metadata: reference };
      case 'projection': {
        // Secrets first: what tells that something is one may not be among the fields.
        const { metadata, ...picked } = chosen.of(safe({ ...object, ...type }));
        return { ...picked, ...type, metadata: { ...(metadata as object | undefined), ...reference } };
      }
    }
  };
}
