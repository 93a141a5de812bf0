import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Two services that hear of the shop, at `/billing` and `/search`. The second can't make sense of the first deletion that it is told of. */
export async function openReceivers() {
  let isMended = false;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const isTooMuch = !isMended && request.url === '/search' && body.includes('"type":"DELETED"');
    isMended ||= isTooMuch;
    response.writeHead(isTooMuch ? 422 : 204).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => void server.close(() => closed()).closeAllConnections()),
  };
}
