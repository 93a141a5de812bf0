import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { certificate } from '../unit/transport/tls-server.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

test('S000-09: a receiver that asks for certificates sees the new one after the files changed, without a restart', async () => {
  const [server, first, second] = [await certificate(), await certificate('first'), await certificate('second')];
  const directory = await mkdtemp(join(tmpdir(), 'mutual-tls-'));
  const [caFile, certFile, keyFile] = [join(directory, 'ca'), join(directory, 'cert'), join(directory, 'key')];
  const show = async ({ cert, key }: { cert: string; key: string }) => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
  };
  await writeFile(caFile, server.cert);
  await show(first);
  const told: string[] = [];
  const options = { ...server, ca: [first.cert, second.cert], requestCert: true, rejectUnauthorized: true };
  const receiver = createServer(options, async (request, response) => {
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject;
    let body = '';
    for await (const chunk of request) body += chunk;
    const { type, object } = JSON.parse(body);
    if (type === 'ADDED') told.push(`${object.metadata.name} by ${CN}`);
    response.end();
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => receiver.once('listening', resolve));
    const url = `https://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const match = { target: { version: 'v1', kind: 'Pod' } };
    const sinks = [{ type: 'webhook' as const, url, tls: { caFile, certFile, keyFile } }];
    await using world = await rig({
      config: {
        watches: [watchPods],
        egress: { allow: ['127.0.0.1'] },
        subscriptions: [{ name: 'pods', match, format: 'watch', sinks }],
      },
    });
    world.server.create(pod('a'));
    await eventually(() => told.length === 1);
    await show(second);
    world.server.create(pod('b'));
    await eventually(() => told.length === 2);
    expect(told).toEqual(['a by first', 'b by second']);
  } finally {
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    await rm(directory, { recursive: true });
  }
});
