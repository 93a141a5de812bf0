import { describe, expect, test } from 'vitest';
import { type ApiResource, builtInResources } from '../../../../src/index.ts';
import { type FormatOptions, formatterOf } from '../../../../src/watcher/subscriptions/index.ts';
import type { Notice } from '../../../../src/watcher/subscriptions/notice.ts';
import { notice } from './notices.ts';

function builtInResource(kind: string): ApiResource {
  return builtInResources.find((resource) => resource.group === '' && resource.kind === kind)!;
}

const pods = builtInResource('Pod');
const secrets = builtInResource('Secret');

const plain: FormatOptions = {
  format: 'watch',
  payload: 'full',
  fields: [],
  includeOld: false,
  changedPaths: false,
  redact: 'default',
};
const format = (of: Notice, options: Partial<FormatOptions> = {}, resource = pods) =>
  formatterOf({ resource, cluster: 'prod-eu', options: { ...plain, ...options } })(of);

describe('the format', () => {
  test('`watch` is an event of a watch, type and object and nothing else', () => {
    const added = notice('ADDED', 'a', 'u', { spec: { nodeName: 'n1' } });
    const { headers, body } = format(added);
    expect(headers).toEqual({ 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual({ type: 'ADDED', object: added.object });
  });

  test('`cloudevents` has attributes and data in the body', () => {
    const left: Notice = { ...notice('DELETED', 'a', 'u'), reason: 'selector', seq: 12, at: 1_000 };
    const { id, headers, body } = format(left, { format: 'cloudevents' });
    const version = left.object.metadata.resourceVersion;
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(id).toBe(`prod-eu/u/${version}/DELETED`);
    const event = JSON.parse(body);
    expect(event).toEqual({
      specversion: '1.0',
      id,
      source: 'https://prod-eu/api/v1/namespaces/web/pods',
      type: 'dev.kube-informer.object.deleted.v1',
      subject: '/api/v1/namespaces/web/pods/a',
      time: '1970-01-01T00:00:01.000Z',
      datacontenttype: 'application/json',
      sequence: '00000000000000000012',
      partitionkey: 'u',
      resourceversion: version,
      initial: false,
      origin: 'live',
      reason: 'selector',
      data: { type: 'DELETED', object: left.object },
    });
    for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  test('gives an object that goes and comes back with its definition another id each time', () => {
    const added = notice('ADDED', 'a', 'u');
    const told: Notice[] = [
      added,
      { ...added, type: 'DELETED', origin: 'kind-removed', at: 1 },
      { ...added, origin: 'kind-added', at: 2 },
      { ...added, type: 'DELETED', origin: 'kind-removed', at: 3 },
      { ...added, type: 'DELETED', origin: 'missed', at: 4 },
    ];
    const ids = told.map((one) => format(one).id);
    expect(new Set(ids).size).toBe(told.length);
    // The same when it is tried again.
    expect(told.map((one) => format(one).id)).toEqual(ids);
  });

  test('`cloudevents-binary` has the attributes in headers, encoded where headers need it', () => {
    const added = notice('ADDED', 'a%"ü b', 'u');
    const { headers, body } = format(added, { format: 'cloudevents-binary' });
    expect(headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-initial': 'false',
      'ce-subject': '/api/v1/namespaces/web/pods/a%25%22%C3%BC%20b',
      'content-type': 'application/json',
    });
    expect(JSON.parse(body)).toEqual({ type: 'ADDED', object: added.object });
  });

  test('the payload is the object, its metadata, or what it is called', () => {
    const { object, ...rest } = notice('ADDED', 'a', 'u', { spec: {} });
    const labelled = { ...rest, object: { ...object, metadata: { ...object.metadata, labels: { app: 'web' } } } };
    const sent = (payload: FormatOptions['payload']) => JSON.parse(format(labelled, { payload }).body).object;
    const { namespace, name, uid, resourceVersion } = object.metadata;
    expect(sent('full')).toEqual(labelled.object);
    expect(sent('metadata')).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: labelled.object.metadata });
    const metadata = { namespace, name, uid, resourceVersion };
    expect(sent('reference')).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata });
  });

  test('a projection is what the object is called, and the fields; Secrets in it stay blank', () => {
    const parts = [{ kind: 'Secret', data: { password: 'hush' } }];
    const one = notice('ADDED', 'a', 'u', { spec: { nodeName: 'n1', parts, more: 1 } });
    const fields = ['spec.nodeName', 'spec.parts.data', 'metadata.creationTimestamp'];
    const { object } = JSON.parse(format(one, { payload: 'projection', fields }).body);
    const { namespace, name, uid, resourceVersion, creationTimestamp } = one.object.metadata;
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name, uid, resourceVersion, creationTimestamp },
      spec: { nodeName: 'n1', parts: [{ data: { password: '' } }] },
    });
  });

  test('a modification says where it changed, if that is wanted', () => {
    const { object: oldObject } = notice('ADDED', 'a', 'u', { spec: { replicas: 1 } });
    const changed = { ...notice('MODIFIED', 'a', 'u', { spec: { replicas: 2 } }), oldObject };
    const paths = (of: Notice, wanted: boolean) => JSON.parse(format(of, { changedPaths: wanted }).body).changedPaths;
    expect(paths(changed, true)).toEqual(['spec.replicas']);
    expect(paths(changed, false)).toBeUndefined();
    expect(paths({ ...changed, oldObject: undefined }, true)).toBeUndefined();
    expect(paths({ ...changed, type: 'DELETED' }, true)).toBeUndefined();
  });

  test('Secrets keep their keys and lose their values, at any depth, before and after', () => {
    const secret = { data: { password: 'aHVzaA==' }, stringData: { token: 'hush' } };
    const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"kind":"Secret","data":{"p":"aHVzaA=="}}' };
    const { object, ...rest } = notice('MODIFIED', 'a', 'u', secret);
    const annotated = { ...object, metadata: { ...object.metadata, annotations: applied } };
    const changed: Notice = { ...rest, object: annotated, oldObject: annotated };
    const { body } = format(changed, { includeOld: true }, secrets);
    expect(body).not.toMatch(/aHVzaA|hush/);
    for (const part of ['object', 'oldObject']) {
      expect(JSON.parse(body)[part]).toMatchObject({ data: { password: '' }, stringData: { token: '' } });
    }
    const inside = notice('ADDED', 'b', 'v', {
      spec: { parts: [{ kind: 'Secret', ...secret }], data: { open: 'yes' } },
    });
    const within = format(inside).body;
    expect(within).not.toMatch(/aHVzaA|hush/);
    expect(within).toContain('"open":"yes"');
    // What is cached stays as it is.
    expect(annotated).toMatchObject(secret);
    expect(format(changed, { redact: 'none' }, secrets).body).toContain('hush');
  });
});
