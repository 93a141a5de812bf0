import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiServer, type Manifest, makePod } from 'kube-informer/testing';
import { createWatcher } from 'kube-informer/watcher';

/** What is asked for in a bench: `--namespaces` of a hundred pods each. */
export interface Shape {
  readonly namespaces: number;
  /** Pods changed each second. */
  readonly writes: number;
}

const podsInNamespace = 100;

export function pathsOf({ namespaces }: Shape): { readonly get: string[]; readonly list: string[] } {
  const names = Array.from({ length: namespaces }, (_, at) => `ns-${at}`);
  return {
    list: names.map((name) => `/cache/api/v1/namespaces/${name}/pods`),
    get: names.flatMap((name) =>
      Array.from({ length: podsInNamespace }, (_, at) => `/cache/api/v1/namespaces/${name}/pods/pod-${at}`),
    ),
  };
}

function podOf(namespace: string, at: number): Manifest {
  const pod = makePod(at);
  return { ...pod, metadata: { ...pod.metadata, name: `pod-${at}`, namespace } };
}

/** The service on an embedded API server, in this process. @returns where it listens */
export async function startService({ namespaces, writes }: Shape): Promise<string> {
  const server = await ApiServer.start();
  for (let at = 0; at < namespaces; at++) {
    server.seed(Array.from({ length: podsInNamespace }, (_, pod) => podOf(`ns-${at}`, pod)));
  }
  const watcher = await createWatcher(
    { server: { port: 0 }, watches: [{ name: 'pods', target: { version: 'v1', kind: 'Pod' } }] },
    { cluster: server.kubeConfig() },
  );
  await watcher.ready();
  let at = 0;
  if (writes > 0) {
    setInterval(() => {
      for (let count = 0; count < writes / 20; count++, at++) {
        server.touch('pods', `ns-${at % namespaces}`, `pod-${Math.floor(at / namespaces) % podsInNamespace}`);
      }
    }, 50);
  }
  return watcher.url;
}

/** A server that has every answer in memory and does nothing else. @param answers by path */
export async function startBare(answers: ReadonlyMap<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const body = answers.get(request.url!)!;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
