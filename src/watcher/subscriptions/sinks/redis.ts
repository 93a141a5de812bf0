import type { LookupFunction } from 'node:net';
import { defaultSubject, type SinkSpec } from '../../config/index.ts';
import { type Broker, Unacceptable } from './broker-sink.ts';
import { hostOf } from './egress.ts';
import { escapeForToken, parseTemplate } from './template.ts';
import { readTlsFiles, verifiedAs } from './tls-files.ts';

export interface RedisOptions {
  readonly spec: Extract<SinkSpec, { type: 'redis' }>;
  /** Milliseconds for connecting. */
  readonly timeout: number;
  readonly lookup: LookupFunction;
}

type Client = Awaited<ReturnType<typeof clientOf>>;

/**
 * Redis Streams: a message becomes an entry with the fields `id`, `type`, `subject` and `data`, and with what attributes it has in headers. Told twice, it is there twice, with
 * one `id`.
 */
export function redisBroker(options: RedisOptions): Broker<Client> {
  const { maxLength } = options.spec;
  const subjectOf = parseTemplate(defaultSubject, escapeForToken);
  return {
    connect: async (lost) => {
      const client = await clientOf(options);
      // The error itself is that of the command that it ends, or of `connect`.
      client.on('error', lost);
      try {
        await client.connect();
      } catch (thrown) {
        client.destroy();
        throw thrown;
      }
      return client;
    },
    disconnect: async (client) => client.destroy(),
    publish: async (client, { id, about, headers, body }, stream) => {
      const subject = subjectOf(about);
      if ('missing' in subject) throw new Unacceptable(`there is no subject without ${subject.missing}`);
      const attributes = Object.entries(headers).filter(([name]) => name.startsWith('ce-'));
      await client.xAdd(
        stream,
        '*',
        { id, type: about.type, subject: subject.text, data: body, ...Object.fromEntries(attributes) },
        { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: maxLength } },
      );
    },
  };
}

async function clientOf({ spec, timeout, lookup }: RedisOptions) {
  const { createClient } = await import('redis');
  const url = new URL(spec.url);
  const host = hostOf(url);
  const socket = {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    lookup,
    connectTimeout: timeout,
    reconnectStrategy: false,
  } as const;
  const isSecure = url.protocol === 'rediss:';
  return createClient({
    socket: isSecure ? { ...socket, tls: true, ...verifiedAs(host), ...(await readTlsFiles(spec.tls ?? {})) } : socket,
    ...(spec.user !== undefined && { username: spec.user }),
    ...(spec.password !== undefined && { password: spec.password }),
    database: Number(url.pathname.slice(1)),
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    name: 'kube-informer-watcher',
  });
}
