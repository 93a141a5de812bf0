import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** A server of NATS that accepts connections and says nothing, so that whoever connects waits until they are `cut`; from then on it refuses. */
export async function blackHole() {
  const sockets: Socket[] = [];
  let isCut = false;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (isCut) socket.destroy();
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { sockets, cut, url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
