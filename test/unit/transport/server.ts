import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeConfigLike } from '../../../src/transport/index.ts';

/** A server of the test's own making on a free port of this machine. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: string[];
  readonly headers: http.IncomingHttpHeaders[];
  connections(): number;
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export async function serve(handler: Handler): Promise<TestServer> {
  const requests: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  let connections = 0;
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    handler(request, response);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    headers,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A kubeconfig with one cluster. */
export function configFor(server: string, token = 't0ken'): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ name: 'test', server }),
    getCurrentUser: () => ({ name: 'tester' }),
    async applyToHTTPSOptions(options) {
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    },
  };
}

/** Answers with JSON. */
export function reply(
  response: http.ServerResponse,
  body: unknown,
  status = 200,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
