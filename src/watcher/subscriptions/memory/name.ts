import type { ApiResource } from '../../../index.ts';
import { hiddenMark, type SinkSpec, withoutUser } from '../../config/index.ts';

/**
 * What the memories of the receivers of a subscription are called: another address or another resource is another memory, other credentials are not. An address that is there
 * twice has two.
 *
 * Whoever and whatever goes before the host of a URL are credentials. Its parameters may be some as well, or say which receiver is meant; nobody can tell, and a receiver
 * that is told everything anew is better off than one that is taken for another. So a name can have secrets in it, and is shown nowhere: a file has a digest of it.
 */
export function memoryNames(
  subscription: string,
  { group, resource }: Pick<ApiResource, 'group' | 'resource'>,
  sinks: readonly SinkSpec[],
): string[] {
  const names = sinks.map((sink) => `${subscription} ${resource}.${group} ${sink.type} ${addressOf(sink)}`);
  return names.map((name, at) => `${name} ${names.slice(0, at).filter((other) => other === name).length}`);
}

function addressOf(sink: SinkSpec): string {
  switch (sink.type) {
    case 'webhook':
      return withoutUser(sink.url).replace(`${hiddenMark}@`, '');
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
