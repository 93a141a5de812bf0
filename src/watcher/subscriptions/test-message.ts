import { randomUUID } from 'node:crypto';
import { type Format, wrap } from './envelope.ts';
import type { Message } from './sinks/index.ts';

/** What is sent when somebody wants to see whether a receiver can be reached: a CloudEvent that is about no object. */
export function testMessage(
  { name, uid, generation, format }: { name: string; uid: string; generation: number; format: Format },
  { cluster, now }: { cluster: string; now: number },
): Message {
  const id = `${cluster}/${uid}/${generation}/TEST/${randomUUID()}`;
  const path = `/apis/watcher.kube-informer.dev/v1alpha1/subscriptions/${name}`;
  const attributes = {
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
  return { id, about, ...wrap(attributes, data, format) };
}
