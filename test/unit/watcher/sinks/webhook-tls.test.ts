import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { checkConfig } from '../../../../src/watcher/config/index.ts';
import { Sinks } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import { certificate, type Pair } from '../../transport/tls-server.ts';
import { forever, message } from './messages.ts';

let directory: string;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tls-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(directory, { recursive: true });
});

/** A receiver with TLS; it notes who its clients are, and over how many connections they came. */
async function receiver(options: ServerOptions) {
  const clients: string[] = [];
  const sockets = new Set<unknown>();
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    sockets.add(socket);
    clients.push(socket.getPeerCertificate().subject?.CN?.toString() ?? '');
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { clients, sockets, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function sinkTo(url: string, tls: object) {
  const sinks = new Sinks({ allow: new Set(['127.0.0.1']), files: [], callbacks: {}, clock: new FakeClock() });
  const match = { target: { version: 'v1', kind: 'Pod' } };
  const { subscriptions } = checkConfig({
    subscriptions: [{ name: 'pods', match, sinks: [{ type: 'webhook', url, tls }] }],
  });
  const sink = sinks.open(subscriptions[0]!.sinks[0]!, 10_000);
  closing.push(async () => {
    await sink.close();
    sinks.close();
  });
  return sink;
}

const put = async (name: string, text: string) => {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
};

async function files(authority: Pair, client: Pair) {
  const caFile = await put('ca', authority.cert);
  const certFile = await put('cert', client.cert);
  return { caFile, certFile, keyFile: await put('key', client.key) };
}

test('a webhook believes the authority of its file and no other', async () => {
  const [server, other] = [await certificate(), await certificate()];
  const { url, clients } = await receiver(server);
  const known = sinkTo(url, { caFile: await put('ca', server.cert) });
  expect(await known.deliver(message(), forever)).toEqual({ type: 'delivered' });
  const unknown = sinkTo(url, { caFile: await put('other', other.cert) });
  expect(await unknown.deliver(message(), forever)).toMatchObject({
    type: 'failed',
    problem: expect.stringMatching(/self-signed/),
  });
  expect(clients).toEqual(['']);
});

test('a webhook shows its certificate, and after the files changed the new one, without a restart', async () => {
  const [server, first, second] = [await certificate(), await certificate('first'), await certificate('second')];
  const ca = [first.cert, second.cert];
  const { url, clients, sockets } = await receiver({ ...server, ca, requestCert: true, rejectUnauthorized: true });
  const sink = sinkTo(url, await files(server, first));
  const deliver = () => sink.deliver(message(), forever);
  expect([await deliver(), await deliver()]).toEqual([{ type: 'delivered' }, { type: 'delivered' }]);
  // Half of the pair is no pair: the one from before is shown on.
  await put('cert', second.cert);
  expect(await deliver()).toEqual({ type: 'delivered' });
  await put('key', second.key);
  expect([await deliver(), await deliver()]).toEqual([{ type: 'delivered' }, { type: 'delivered' }]);
  expect(clients).toEqual(['first', 'first', 'first', 'second', 'second']);
  expect(sockets.size).toBe(2);
});

test('a webhook whose files are not there has failed, and is delivered when they are', async () => {
  const [server, client] = [await certificate(), await certificate('late')];
  const { url, clients } = await receiver({ ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true });
  const names = { caFile: join(directory, 'ca'), certFile: join(directory, 'cert'), keyFile: join(directory, 'key') };
  const sink = sinkTo(url, names);
  expect(await sink.deliver(message(), forever)).toMatchObject({ problem: expect.stringMatching(/ENOENT/) });
  await files(server, client);
  expect(await sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
  expect(clients).toEqual(['late']);
});

test('a certificate without its key is refused at the start', () => {
  expect(() => sinkTo('https://10.0.0.1/', { certFile: 'cert' })).toThrowError(/belong together/);
});

test("certificates are files of a certificate's size: what has no end is not read", async () => {
  const sink = sinkTo('https://127.0.0.1:1/', { caFile: '/dev/null' });
  const large = sinkTo('https://127.0.0.1:1/', { caFile: await put('large.pem', 'x'.repeat((1 << 20) + 1)) });
  for (const one of [sink, large]) {
    expect(await one.deliver(message(), forever)).toMatchObject({
      type: 'failed',
      problem: expect.stringContaining('is no file of up to'),
    });
  }
});
