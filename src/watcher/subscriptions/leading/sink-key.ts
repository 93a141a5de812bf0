import { createHash } from 'node:crypto';
import type { SubscriptionSpec } from '../../config/index.ts';

/**
 * What the leader's record calls a sink: its subscription, its place, and a mark of what is told to whom. Nothing secret goes into the mark: credentials may change, and
 * what was delivered stays delivered.
 */
export function keyOfSink({ name, match, initial, sinks }: SubscriptionSpec, at: number): string {
  const { type, ...sink } = sinks[at]!;
  const place =
    'url' in sink
      ? plain(sink.url)
      : 'servers' in sink
        ? sink.servers.map(plain)
        : 'path' in sink
          ? sink.path
          : sink.name;
  const topic = 'subject' in sink ? sink.subject : 'stream' in sink ? sink.stream : '';
  const mark = createHash('sha256')
    .update(JSON.stringify([match, initial, type, place, topic]))
    .digest('hex')
    .slice(0, 12);
  return `${name}/${at}/${mark}`;
}

/** An address without credentials and parameters. */
function plain(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
