import { createHash, randomBytes } from 'node:crypto';
import type { OutgoingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { KubeClient } from '../../../src/transport/index.ts';
import { configFor, serve } from './server.ts';
import { serveTls, tlsConfig } from './tls-server.ts';

const noise = randomBytes(1 << 20);

/** Bytes that no two exchanges have in common, in pieces of all sizes; more than fits into what a connection is read into. */
function send(response: OutgoingMessage, exchange: number): void {
  for (let piece = 0, at = exchange; piece < 60; piece++) {
    const end = Math.min(noise.length, at + ((piece * 7_919 + exchange * 104_729) % 40_000) + 1);
    response.write(noise.subarray(at, end));
    at = end % 900_000;
  }
  response.end();
}

function digest(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** What `send` writes. */
function sent(exchange: number): string {
  const pieces: Buffer[] = [];
  send({ write: (piece: Buffer) => pieces.push(piece), end: () => undefined } as unknown as OutgoingMessage, exchange);
  return digest(pieces);
}

/** Reads a number of bodies side by side; some readers begin late, and keep all pieces until their end. */
async function received(client: KubeClient, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, exchange) => {
      const { body } = await client.request({ path: `/${exchange}` });
      for (let turn = 0; turn < exchange; turn++) await new Promise(setImmediate);
      const pieces: Buffer[] = [];
      for await (const piece of body) pieces.push(piece);
      return digest(pieces);
    }),
  );
}

describe('connections that are read into one buffer', () => {
  const all = Array.from({ length: 12 }, (_, exchange) => sent(exchange));

  test('give each reader the bytes of its own exchange', async () => {
    await using server = await serve((request, response) => send(response, Number(request.url!.slice(1))));
    await using client = new KubeClient(configFor(server.url));
    expect(await received(client, all.length)).toEqual(all);
    // Over the connections that were kept.
    expect(await received(client, all.length)).toEqual(all);
    expect(server.connections()).toBeLessThanOrEqual(all.length);
  });

  test('do so over TLS', async () => {
    await using server = await serveTls(
      (request, response) => send(response as unknown as OutgoingMessage, Number(request.url.slice(1))),
      { protocol: 'http/1.1' },
    );
    await using client = new KubeClient(tlsConfig(server));
    expect(await received(client, all.length)).toEqual(all);
    expect(await received(client, all.length)).toEqual(all);
  });
});
