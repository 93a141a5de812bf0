import { type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createClient } from 'redis';
import { TestService } from './service.ts';

/** A NATS server with JetStream. */
export function natsServer(more: readonly string[] = []): Promise<TestService> {
  return TestService.start({
    service: 'nats-server',
    args: (port, directory) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory, ...more],
    ready: /Server is ready/,
  });
}

/** A Redis server that has what it acknowledged on the disk. */
export function redisServer(more: readonly string[] = []): Promise<TestService> {
  return TestService.start({
    service: 'redis-server',
    args: (port, directory) => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', ...more],
    ],
    ready: /Ready to accept connections/,
  });
}

export interface QueuedMessage {
  readonly subject: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const stream = 'k8s';

/** Makes a stream that takes `k8s.>`. */
export async function makeStream(port: number, more: object = {}): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  await (await jetstreamManager(connection)).streams.add({ name: stream, subjects: ['k8s.>'], ...more });
  await connection.close();
}

/** Everything in that stream, in its order. */
export async function readStream(port: number): Promise<QueuedMessage[]> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(stream);
    if (state.messages === 0) return [];
    const consumer = await jetstream(connection).consumers.get(stream);
    const messages: ConsumerMessages = await consumer.fetch({ max_messages: state.messages, expires: 5_000 });
    const read: QueuedMessage[] = [];
    for await (const message of messages) {
      read.push(queued(message));
      if (read.length === state.messages) break;
    }
    return read;
  } finally {
    await connection.close();
  }
}

function queued(message: JsMsg): QueuedMessage {
  const keys = message.headers?.keys() ?? [];
  return {
    subject: message.subject,
    id: message.headers?.get('Nats-Msg-Id') ?? '',
    headers: Object.fromEntries(keys.map((key) => [key, message.headers?.get(key) ?? ''])),
    body: message.string(),
  };
}

/** The fields of all entries of a stream, in its order. */
export async function readEntries(port: number, key: string): Promise<Record<string, string>[]> {
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  await client.connect();
  const entries = await client.xRange(key, '-', '+');
  client.destroy();
  return (entries ?? []).map(({ message }) => ({ ...message }));
}
