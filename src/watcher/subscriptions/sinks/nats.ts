import type { LookupFunction } from 'node:net';
import type { Authenticator, NatsConnection } from '@nats-io/transport-node';
import { KubeInformerError } from '../../../index.ts';
import type { SinkSpec } from '../../config/index.ts';
import { type Broker, Unacceptable } from './broker-sink.ts';
import { hostOf } from './egress.ts';
import type { Message } from './sink.ts';
import { escapeForToken, parseTemplate } from './template.ts';
import { readTlsFiles, verifiedAs } from './tls-files.ts';

type NatsSpec = Extract<SinkSpec, { type: 'nats' }>;

/** What NATS JetStream calls an error for a message that is larger than the stream takes. */
const tooLarge = 10054;

export interface NatsOptions {
  readonly spec: NatsSpec;
  /** Milliseconds for connecting and for each acknowledgement. */
  readonly timeout: number;
  readonly lookup: LookupFunction;
}

/**
 * NATS with JetStream: a message is published to its subject with its id in `Nats-Msg-Id`, so that the stream keeps one of those that come twice within its window. Streams
 * are not made here: how long they keep what is for those to say who run them.
 */
export function natsBroker({ spec, timeout, lookup }: NatsOptions): Broker<NatsConnection> {
  // The server that answered last is asked first.
  let preferred = 0;

  const dial = async (server: string): Promise<NatsConnection> => {
    const { connect } = await import('@nats-io/transport-node');
    const url = new URL(server);
    const host = hostOf(url);
    const address = await lookUp(lookup, host);
    const tls = { ...(await readTlsFiles(spec.tls ?? {})), ...verifiedAs(host) };
    return connect({
      servers: `${address.includes(':') ? `[${address}]` : address}:${url.port || 4222}`,
      name: 'kube-informer watcher',
      // What other servers of the cluster announce was not allowed by anybody.
      ignoreClusterUpdates: true,
      resolve: false,
      reconnect: false,
      noAsyncTraces: true,
      timeout,
      tls: url.protocol === 'tls:' ? tls : null,
      ...(spec.auth && { authenticator: await authenticatorOf(spec.auth) }),
    });
  };

  return {
    connect: async (lost) => {
      let problem: unknown;
      for (let tries = 0; tries < spec.servers.length; tries++) {
        try {
          const connection = await dial(spec.servers[preferred]!);
          void connection.closed().then(lost);
          return connection;
        } catch (thrown) {
          problem = thrown;
          preferred = (preferred + 1) % spec.servers.length;
        }
      }
      throw problem;
    },
    disconnect: (connection) => connection.close(),
    publish: async (connection, { id, headers, body }: Message, subject) => {
      const { jetstream, JetStreamApiError } = await import('@nats-io/jetstream');
      const { headers: natsHeaders, errors } = await import('@nats-io/transport-node');
      try {
        const all = natsHeaders();
        for (const [name, value] of Object.entries(headers)) all.set(name, value);
        await jetstream(connection).publish(subject, body, { msgID: id, headers: all, timeout });
      } catch (thrown) {
        const { cause } = thrown as Error;
        if (cause instanceof errors.RequestError && cause.isNoResponders()) {
          throw new Error(`no stream takes ${subject}`, { cause });
        }
        const isMessage =
          thrown instanceof errors.InvalidArgumentError ||
          (thrown instanceof JetStreamApiError && thrown.code === tooLarge);
        throw isMessage ? new Unacceptable(thrown.message, { cause: thrown }) : thrown;
      }
    },
  };
}

/**
 * Refuses a subject that could not be published to, whatever its values are.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function checkSubject(subject: string): void {
  parseTemplate(subject, escapeForToken);
  const tokens = subject.replace(/\{[^{}]*\}/g, 'value').split('.');
  if (tokens.every((token) => /^[^\s*>]+$/.test(token))) return;
  throw new KubeInformerError('InvalidOption', `${subject} is no subject of NATS`, {
    hint: 'A subject is made of tokens with dots between them; none is empty or has white space, "*" or ">".',
  });
}

async function authenticatorOf(auth: NonNullable<NatsSpec['auth']>): Promise<Authenticator> {
  const { tokenAuthenticator, usernamePasswordAuthenticator, credsAuthenticator } = await import(
    '@nats-io/transport-node'
  );
  if (auth.type === 'token') return tokenAuthenticator(auth.token);
  if (auth.type === 'user') return usernamePasswordAuthenticator(auth.user, auth.password);
  return credsAuthenticator(Buffer.from(auth.credentials));
}

function lookUp(lookup: LookupFunction, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: false }, (error, address) => {
      if (error) reject(error);
      else resolve(String(address));
    });
  });
}
