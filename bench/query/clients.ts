import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Opens watches from the version of a list on and reads them, by turns as lines of JSON and as server-sent events. @returns once all are answered */
export async function openWatches(origin: string, path: string, count: number): Promise<Socket[]> {
  const { hostname, port, host } = new URL(origin);
  const list = (await (await fetch(origin + path)).json()) as { metadata: { resourceVersion: string } };
  const query = `watch=1&resourceVersion=${list.metadata.resourceVersion}`;
  const one = async (at: number) => {
    const accept = at % 2 === 0 ? 'application/json' : 'text/event-stream';
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('data', (chunk) => {
        if (chunk.toString('latin1').startsWith('HTTP/1.1 200')) resolve();
        else reject(new Error(`no watch: ${chunk.toString('latin1').slice(0, 200)}`));
      });
      socket.write(`GET ${path}?${query} HTTP/1.1\r\nhost: ${host}\r\naccept: ${accept}\r\n\r\n`);
    });
    socket.resume();
    return socket;
  };
  const sockets: Socket[] = [];
  // In groups, as a server that comes back would see them.
  for (let at = 0; at < count; at += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, count - at) }, (_, more) => one(at + more)))));
  }
  return sockets;
}

/** Bytes of this process that are in use, garbage aside. Needs `--expose-gc`. */
export async function memoryInUse(): Promise<{ readonly rss: number; readonly used: number }> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc!();
    await sleep(50);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, used: heapUsed + external };
}
