import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../src/testing/index.ts';
import { TcpProxy } from '../../tools/tcp-proxy.ts';

const clock = new FakeClock();
let server: net.Server;
let proxy: TcpProxy;
/** The server's end of the last connection, and all that it received. */
let peer: net.Socket;
let received: string;

beforeEach(async () => {
  received = '';
  server = net.createServer({ allowHalfOpen: true }, (socket) => {
    peer = socket;
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  proxy = await TcpProxy.listen({ host: '127.0.0.1', port }, { clock });
});
afterEach(async () => {
  await proxy.close();
  server.close();
});

interface Client {
  readonly socket: net.Socket;
  /** What came, and how it ended. */
  readonly events: string[];
}

async function connect(): Promise<Client> {
  const socket = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  const events: string[] = [];
  socket.setEncoding('utf8').on('data', (text) => events.push(String(text)));
  socket.on('end', () => events.push('end'));
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(String(error.code)));
  return { socket, events };
}

/** A connection over which a word went in each direction. */
async function talking(): Promise<Client> {
  const client = await connect();
  client.socket.write('hello');
  await expect.poll(() => received).toBe('hello');
  peer.write('welcome');
  await expect.poll(() => client.events).toEqual(['welcome']);
  return client;
}

describe('the TCP proxy', () => {
  test('passes everything on, and the end as well', async () => {
    const { socket, events } = await talking();
    peer.end('bye');
    await expect.poll(() => events.join()).toMatch(/bye,end$/);
    socket.end('thanks');
    await expect.poll(() => received).toBe('hellothanks');
    await expect.poll(() => proxy.connections).toHaveLength(0);
    expect(proxy.accepted).toBe(1);
  });

  test('resets', async () => {
    const { events } = await talking();
    proxy.reset();
    await expect.poll(() => events.at(-1)).toBe('ECONNRESET');
    await expect.poll(() => peer.destroyed).toBe(true);
  });

  test('refuses, for a while', async () => {
    proxy.refusing = true;
    const { events } = await connect();
    await expect.poll(() => events).toEqual(['ECONNRESET']);
    proxy.refusing = false;
    const { socket } = await talking();
    socket.destroy();
  });

  test('cuts after so many bytes', async () => {
    const { events } = await talking();
    proxy.connections[0]!.truncate(4);
    peer.write('1234567');
    await expect.poll(() => events.at(-1)).toBe('ECONNRESET');
    expect(events).toEqual(['welcome', '1234', 'ECONNRESET']);
  });

  test('half-closes: nothing comes any more, and everything still goes', async () => {
    const { socket, events } = await talking();
    proxy.connections[0]!.halfClose();
    await expect.poll(() => events.at(-1)).toBe('end');
    peer.write('lost');
    socket.write(' again');
    await expect.poll(() => received).toBe('hello again');
    expect(events).toEqual(['welcome', 'end']);
    socket.destroy();
  });

  test('stalls until it is told to go on', async () => {
    const { socket, events } = await talking();
    const [connection] = proxy.connections;
    connection!.stall();
    peer.write('late');
    socket.write(' late');
    const other = await connect();
    other.socket.write('!');
    await expect.poll(() => received).toBe('hello!');
    expect(events).toEqual(['welcome']);
    connection!.release();
    await expect.poll(() => events.at(-1)).toBe('late');
    await expect.poll(() => received).toBe('hello! late');
    socket.destroy();
    other.socket.destroy();
  });

  test('delays', async () => {
    const { socket, events } = await talking();
    proxy.delay = 1_000;
    peer.write('late');
    await expect.poll(() => clock.pendingTimers).toBe(1);
    await clock.advance(999);
    expect(events).toEqual(['welcome']);
    await clock.advance(1);
    await expect.poll(() => events.at(-1)).toBe('late');
    socket.destroy();
  });
});
