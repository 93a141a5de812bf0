import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestService } from '../../../support/service.ts';
import { certificate } from '../../transport/tls-server.ts';
import { forever, message } from './messages.ts';
import { sinkOf } from './sink-rig.ts';

let directory: string;
const path = (name: string) => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tls-'));
  for (const name of ['server', 'client', 'other']) {
    const { cert, key } = await certificate(name);
    await writeFile(path(`${name}.pem`), cert);
    await writeFile(path(`${name}.key`), key);
  }
});
afterAll(() => rm(directory, { recursive: true }));

const servers = {
  nats: (port: number, data: string) => [
    ...['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', data],
    ...['--tls', '--tlscert', path('server.pem'), '--tlskey', path('server.key')],
    ...['--tlsverify', '--tlscacert', path('client.pem')],
  ],
  redis: (port: number, data: string) => [
    ...['--bind', '127.0.0.1', '--port', '0', '--tls-port', String(port), '--dir', data, '--save', ''],
    ...['--tls-cert-file', path('server.pem'), '--tls-key-file', path('server.key')],
    ...['--tls-ca-cert-file', path('client.pem'), '--tls-auth-clients', 'yes'],
  ],
};

async function deliver(spec: object) {
  const sink = sinkOf(spec, { allow: ['127.0.0.1', 'localhost'] }).open();
  try {
    return await sink.deliver(message(), forever);
  } finally {
    await sink.close();
  }
}

describe.each(['localhost', '127.0.0.1'])('over TLS, known as %s,', (host) => {
  test.each(['nats', 'redis'] as const)('a %s sink shows its certificate and believes one authority', async (type) => {
    await using server = await TestService.start({
      service: `${type}-server`,
      args: servers[type],
      ready: /Server is ready|Ready to accept connections/,
    });
    const at =
      type === 'nats' ? { servers: [`tls://${host}:${server.port}`] } : { url: `rediss://${host}:${server.port}` };
    const client = { certFile: path('client.pem'), keyFile: path('client.key') };
    // There is no stream at the NATS server; that it says so is enough.
    const reached =
      type === 'nats' ? { type: 'failed', problem: expect.stringContaining('no stream takes') } : { type: 'delivered' };
    expect(await deliver({ type, ...at, tls: { caFile: path('server.pem'), ...client } })).toMatchObject(reached);
    for (const tls of [{ caFile: path('server.pem') }, { caFile: path('other.pem'), ...client }, client]) {
      const outcome = await deliver({ type, ...at, tls });
      expect(outcome).toMatchObject({ type: 'failed', problem: expect.not.stringContaining('no stream') });
    }
  });
});
