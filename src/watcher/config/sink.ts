import { z } from 'zod';
import { secretText } from './secret.ts';

/** Base64 of 24 to 64 bytes, with or without `whsec_`. */
const signingKey = secretText.regex(
  /^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$/,
  'must be 24 to 64 bytes in base64, with or without "whsec_"',
);

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
});

/** Where to tell of changes. */
export const sinkSchema = z.discriminatedUnion('type', [webhookSchema]);

export type SinkSpec = z.output<typeof sinkSchema>;
