import type { ApiResource } from '../../../index.ts';
import type { SinkSpec } from '../../config/index.ts';

/** What the memory of one receiver is called: another address or another resource is another memory, other credentials are not. */
export function memoryName(subscription: string, { group, resource }: ApiResource, sink: SinkSpec): string {
  return `${subscription} ${resource}.${group} ${sink.type} ${addressOf(sink)}`;
}

function addressOf(sink: SinkSpec): string {
  switch (sink.type) {
    case 'webhook':
      return sink.url;
    case 'nats':
      return `${sink.servers.join(',')} ${sink.subject}`;
    case 'redis':
      return `${sink.url} ${sink.stream}`;
    case 'file':
      return sink.path;
    case 'callback':
      return sink.name;
  }
}
