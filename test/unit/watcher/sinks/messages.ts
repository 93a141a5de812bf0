import type { Message, Subject } from '../../../../src/watcher/subscriptions/sinks/index.ts';

interface MessageChoice {
  readonly id?: string;
  readonly type?: string;
  readonly resource?: Subject['resource'];
  readonly metadata?: Partial<NonNullable<Subject['metadata']>>;
}

/** A message about the pod web/a of the cluster prod, or what is chosen of it. */
export function message({ id = 'prod/u/1/ADDED', type = 'ADDED', resource, metadata }: MessageChoice = {}): Message {
  return {
    id,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type }),
    about: {
      cluster: 'prod',
      resource: resource ?? { group: '', resource: 'pods', kind: 'Pod' },
      type,
      metadata: { name: 'a', namespace: 'web', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...metadata },
    },
  };
}

export const forever: AbortSignal = new AbortController().signal;
