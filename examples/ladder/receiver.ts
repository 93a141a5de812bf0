import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver of CloudEvents reads first. */
interface ReceivedEvent {
  readonly type: string;
  readonly subject: string;
}

/** Takes what it is sent, and remembers it: somebody else's service. */
export async function openReceiver() {
  const events: ReceivedEvent[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    events.push(JSON.parse(body));
    response.writeHead(204).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => void server.close(() => closed()).closeAllConnections()),
  };
}
