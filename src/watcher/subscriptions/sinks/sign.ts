import { createHmac } from 'node:crypto';

/**
 * Headers that prove who sent a body, by the scheme of Standard Webhooks: an HMAC-SHA-256 over id, time and body for each of the secrets, so that
 * a receiver that knows one of them can check it while another is brought in.
 *
 * @param secrets base64, with or without `whsec_` before it.
 * @param now wall-clock milliseconds.
 */
export function signatureHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  secrets: readonly string[],
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
