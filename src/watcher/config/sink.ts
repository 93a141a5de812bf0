import { z } from 'zod';
import { secretText } from './secret.ts';

/** What a message is called where it is queued: each part is one token. */
export const defaultSubject = 'k8s.{cluster}.{group|core}.{resource}.{metadata.namespace|_}.{metadata.name|_}.{type}';

/** Base64 of 24 to 64 bytes, with or without `whsec_`. */
const signingKey = secretText.regex(
  /^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$/,
  'must be 24 to 64 bytes in base64, with or without "whsec_"',
);

const tlsSchema = z
  .strictObject({
    caFile: z.string().min(1).optional().describe('Who signs for the receiver. Default: the authorities of Node.'),
    certFile: z.string().min(1).optional().describe('A client certificate; read again when it changes.'),
    keyFile: z.string().min(1).optional(),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    message: 'certFile and keyFile belong together',
  });

/** A URL of a server, without credentials in it: those have places that are known to be secret. */
function serverUrl(protocol: RegExp) {
  return z.url({ protocol }).refine((url) => !/^[^:]*:\/\/[^/?#]*@/.test(url), {
    message: 'must be without user and password: they have fields of their own',
  });
}

const webhookSchema = z.strictObject({
  type: z.literal('webhook'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('https, unless egress allows the host. May have places in path and query: {label:component|none}.'),
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header'), secretText).default({}),
  sign: z
    .strictObject({
      scheme: z.literal('standard-webhooks').default('standard-webhooks'),
      secrets: z.array(signingKey).min(1).max(2).describe('Two while one replaces the other.'),
    })
    .optional(),
  tls: tlsSchema.optional(),
});

const natsAuthSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('token'), token: secretText }),
  z.strictObject({ type: z.literal('user'), user: z.string().min(1), password: secretText }),
  z.strictObject({ type: z.literal('credentials'), credentials: secretText.describe('What a .creds file has.') }),
]);

const natsSchema = z
  .strictObject({
    type: z.literal('nats'),
    servers: z
      .array(serverUrl(/^(nats|tls)$/))
      .min(1)
      .describe('tls://host:4222; nats:// where egress allows the host.'),
    subject: z.string().min(1).default(defaultSubject).describe('A stream must take it. Values are escaped.'),
    auth: natsAuthSchema.optional(),
    tls: tlsSchema.optional(),
  })
  .describe('NATS JetStream; needs @nats-io/transport-node and @nats-io/jetstream.');

const redisSchema = z
  .strictObject({
    type: z.literal('redis'),
    url: serverUrl(/^rediss?$/)
      .regex(/^[^:]*:\/\/[^/?#]+(\/\d*)?$/, 'must look like rediss://host:6379/0')
      .describe('rediss://host:6379/0; redis:// where egress allows the host.'),
    stream: z.string().min(1).default('k8s.{cluster}').describe('The key of the stream. Values are escaped.'),
    maxLength: z.int().min(1).default(100_000).describe('About so many entries are kept.'),
    user: z.string().min(1).optional(),
    password: secretText.optional(),
    tls: tlsSchema.optional(),
  })
  .describe('Redis Streams; needs the package redis.');

const fileSchema = z
  .strictObject({
    type: z.literal('file'),
    path: z.string().min(1).describe('A file that egress.files allows; "-" is the standard output.'),
  })
  .describe('JSON lines.');

const callbackSchema = z
  .strictObject({ type: z.literal('callback'), name: z.string().min(1).describe('As createWatcher knows it.') })
  .describe('A function of the program that the watcher runs in.');

/** Where to tell of changes. */
export const sinkSchema = z.discriminatedUnion('type', [
  webhookSchema,
  natsSchema,
  redisSchema,
  fileSchema,
  callbackSchema,
]);

export type SinkSpec = z.output<typeof sinkSchema>;
