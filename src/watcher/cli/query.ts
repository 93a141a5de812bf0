import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KubeClient, type KubeConfigLike, RestMapper, resourcePath } from '../../index.ts';
import { exit, type Io } from './io.ts';

/** Asks a service that runs, as kubectl would, and prints the JSON of its answer. */
export async function query(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      server: { type: 'string', short: 's', default: 'http://127.0.0.1:8080' },
      namespace: { type: 'string', short: 'n' },
      selector: { type: 'string', short: 'l' },
      'field-selector': { type: 'string', short: 'f' },
      'token-file': { type: 'string' },
    },
  });
  const [text, name, ...more] = positionals;
  if (text === undefined || more.length > 0) {
    io.err('kube-informer query RESOURCE [NAME]: a resource is needed, and at most one name\n');
    return exit.misuse;
  }
  const tokenFile = values['token-file'];
  const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim();
  await using client = new KubeClient(serviceAt(values.server, token), { clock: io.clock });
  const mapper = new RestMapper({ client: client.discovery, clock: io.clock });
  try {
    const resource = await mapper.resolve(text);
    const namespace = resource.namespaced ? values.namespace : undefined;
    const answer = await client.json({
      path: resourcePath(resource, { namespace, name }),
      query: { labelSelector: values.selector, fieldSelector: values['field-selector'] },
    });
    io.out(`${JSON.stringify(answer, undefined, 2)}\n`);
    return exit.ok;
  } finally {
    mapper.close();
  }
}

/** The read API of a service is that of an API server, under a prefix. */
function serviceAt(url: string, token: string | undefined): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ name: 'watcher', server: `${url.replace(/\/+$/, '')}/cache` }),
    applyToHTTPSOptions: async (options) => {
      if (token !== undefined) options.headers = { ...options.headers, authorization: `Bearer ${token}` };
    },
  };
}
