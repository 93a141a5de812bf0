import { randomUUID } from 'node:crypto';
import type { FormatOptions } from './format.ts';
import type { Message } from './sinks/index.ts';

/** What is sent when somebody wants to see whether a receiver can be reached: a CloudEvent that is about no object. */
export function testMessage(
  { name, uid, generation, format }: { name: string; uid: string; generation: number; format: FormatOptions['format'] },
  { cluster, now }: { cluster: string; now: number },
): Message {
  const id = `${cluster}/${uid}/${generation}/TEST/${randomUUID()}`;
  const path = `/apis/watcher.kube-informer.dev/v1alpha1/subscriptions/${name}`;
  const attributes = {
    specversion: '1.0',
    id,
    source: `https://${cluster}${path}`,
    type: 'dev.kube-informer.subscription.test.v1',
    subject: path,
    time: new Date(now).toISOString(),
  };
  const data = { type: 'TEST', subscription: name };
  const group = 'watcher.kube-informer.dev';
  const about = {
    cluster,
    resource: { group, resource: 'subscriptions', kind: 'Subscription' },
    type: 'TEST',
    metadata: undefined,
  };
  if (format === 'cloudevents') {
    const body = JSON.stringify({ ...attributes, datacontenttype: 'application/json', data });
    return { id, headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' }, body, about };
  }
  const named = format === 'watch' ? [] : Object.entries(attributes).map(([key, value]) => [`ce-${key}`, value]);
  const headers = { ...Object.fromEntries(named), 'content-type': 'application/json' };
  return { id, headers, body: JSON.stringify(data), about };
}
