import { z } from 'zod';
import { secretText } from './secret.ts';

const none = z.strictObject({ type: z.literal('none') }).describe('Everybody who can connect may read everything.');

const token = z
  .strictObject({
    type: z.literal('token'),
    tokens: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('Who it is, for the log.'),
          token: secretText.min(16, 'must have at least 16 characters'),
        }),
      )
      .min(1),
  })
  .describe('Bearer tokens that are known beforehand; each may read everything.');

const tokenReview = z
  .strictObject({
    type: z.literal('tokenReview'),
    audiences: z.array(z.string().min(1)).default([]).describe('Default: the audience of the API server.'),
    cacheSeconds: z.number().min(0).max(300).default(10).describe('How long an answer of the API server holds.'),
  })
  .describe('Bearer tokens of the cluster (TokenReview); each may read what its roles say (SubjectAccessReview).');

const mtls = z
  .strictObject({
    type: z.literal('mtls'),
    users: z
      .array(z.string().min(1))
      .default([])
      .describe('Common names that are let in. Default: all that the CA signed.'),
  })
  .describe('Client certificates, signed by server.tls.clientCaFile.');

const authSchema = z
  .discriminatedUnion('type', [none, token, tokenReview, mtls])
  .describe('Who may read. A server that is not on loopback needs something else than none.');

const tlsSchema = z
  .strictObject({
    certFile: z.string().min(1),
    keyFile: z.string().min(1),
    clientCaFile: z.string().min(1).optional().describe('Asks for client certificates that this authority signed.'),
  })
  .describe('Serve HTTPS.');

const limitsSchema = z
  .strictObject({
    maxRequestsInFlight: z.int().min(1).default(400).describe('Further requests (watches do not count) get 429.'),
    maxWatches: z.int().min(1).default(5_000).describe('Open watch requests; further ones get 429.'),
    maxUrlLength: z.int().min(256).default(8_192),
    maxBodyBytes: z.int().min(1_024).default(1_048_576),
  })
  .prefault({});

export const serverSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
    port: z.int().min(0).max(65_535).default(8080).describe('0 takes a free port.'),
    tls: tlsSchema.nullable().default(null),
    auth: authSchema.prefault({ type: 'none' }),
    limits: limitsSchema,
  })
  .superRefine(({ host, auth, tls }, context) => {
    if (auth.type === 'none' && !isLoopback(host)) {
      context.addIssue({
        code: 'custom',
        path: ['auth'],
        message: `type "none" is for loopback only, and host is ${host}: set auth to token, tokenReview or mtls`,
      });
    }
    if (auth.type === 'mtls' && !tls?.clientCaFile) {
      context.addIssue({ code: 'custom', path: ['tls'], message: 'auth type "mtls" needs tls with a clientCaFile' });
    }
    if (tls?.clientCaFile && auth.type !== 'mtls') {
      context.addIssue({
        code: 'custom',
        path: ['tls', 'clientCaFile'],
        message: 'is used by auth type "mtls" and by no other',
      });
    }
  })
  .prefault({});

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export type ServerConfig = z.output<typeof serverSchema>;
export type AuthConfig = z.output<typeof authSchema>;
