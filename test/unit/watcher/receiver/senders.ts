import { Webhook } from 'standardwebhooks';
import type { FakeClock } from '../../../../src/testing/index.ts';

export const secret = `whsec_${Buffer.from('a key of 24 bytes, or so').toString('base64')}`;

export interface Sent {
  readonly id?: string;
  readonly body?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secret?: string;
  /** Seconds before now. */
  readonly age?: number;
}

/** A request as somebody sends it who signs with the library of Standard Webhooks. */
export function signed(clock: FakeClock, { id = 'e1', age = 0, method = 'POST', ...more }: Sent = {}): Request {
  const { body = eventBody(), headers } = more;
  const at = new Date(clock.now() - age * 1_000);
  return new Request('http://127.0.0.1/hook', {
    method,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(more.secret ?? secret).sign(id, at, body),
      ...headers,
    },
    ...(method !== 'GET' && { body }),
  });
}

/** An event about a pod, as Kubernetes watches have it. */
export function eventBody(name = 'a', type = 'ADDED'): string {
  return JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'web', name } } });
}
