import { connect, type Socket } from 'node:net';

/**
 * Asks for paths as fast as the answers come, over connections that are kept, each with one request under way. Written on sockets, because on a small machine
 * the client is in the way of the server: the less it does, the more is measured of the other side.
 */
export async function load(
  origin: string,
  paths: readonly string[],
  { connections, duration }: { connections: number; duration: number },
) {
  const { hostname, port, host } = new URL(origin);
  const requests = paths.map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
  const end = performance.now() + duration;
  const counts = { answers: 0, bytes: 0, failures: 0 };
  let next = 0;
  const one = async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      const ask = () => {
        if (performance.now() >= end) return void socket.end(resolve);
        socket.write(requests[next++ % requests.length]!);
      };
      readAnswers(socket, (status, bytes) => {
        counts.answers++;
        counts.bytes += bytes;
        if (status !== 200) counts.failures++;
        ask();
      });
      ask();
    });
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  return { ...counts, perSecond: counts.answers / ((performance.now() - begin) / 1_000) };
}

/** Calls back at the end of each answer. Every answer has a content-length. */
function readAnswers(socket: Socket, onAnswer: (status: number, bytes: number) => void): void {
  let head = '';
  let left = 0;
  let status = 0;
  let length = 0;
  socket.on('data', (chunk) => {
    if (left > 0) {
      left -= chunk.length;
      if (left <= 0) onAnswer(status, length);
      return;
    }
    head += chunk.toString('latin1');
    const blank = head.indexOf('\r\n\r\n');
    if (blank < 0) return;
    status = Number(head.slice(9, 12));
    length = Number(/content-length: (\d+)/i.exec(head.slice(0, blank))![1]);
    left = length - (head.length - blank - 4);
    head = '';
    if (left <= 0) onAnswer(status, length);
  });
}
