import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';

/** `/healthz`, `/readyz` and `/metrics`, as Kubernetes and Prometheus ask for them. On the loopback interface; a pod binds to all. */
export async function serveProbes(probes: { readonly isAlive: () => boolean; readonly isReady: () => boolean }) {
  const server = createServer(async (request, response) => {
    const asked = { '/healthz': probes.isAlive, '/readyz': probes.isReady }[request.url ?? ''];
    if (asked) response.writeHead(asked() ? 200 : 503).end(asked() ? 'ok\n' : 'no\n');
    else if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': register.contentType }).end(await register.metrics());
    } else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ask: async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, text: await response.text() };
    },
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
}
