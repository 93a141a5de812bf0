import { createHmac, timingSafeEqual } from 'node:crypto';
import { KubeInformerError } from '../../index.ts';

/** Headers by name, in lower case. */
export type HeaderReader = (name: string) => string | undefined;

/** Looks at who sent a body. @returns what is wrong, or `undefined`. */
export type Verify = (headers: HeaderReader, body: string, now: number) => string | undefined;

/**
 * Checks signatures as Standard Webhooks has them: HMAC-SHA-256 over id, time and body, by any of the secrets, and not older or newer than `tolerance` allows: what was
 * overheard can't be told again later.
 *
 * @param tolerance milliseconds.
 * @throws KubeInformerError `InvalidOption` for a secret that is none
 */
export function verifierOf(secrets: readonly string[], tolerance: number): Verify {
  const keys = secrets.map(keyOf);
  return (headers, body, now) => {
    const id = headers('webhook-id');
    const timestamp = headers('webhook-timestamp');
    const signatures = headers('webhook-signature');
    if (!id || !timestamp || !signatures) return 'it is not signed';
    if (!/^\d{1,12}$/.test(timestamp)) return 'its time is no time';
    if (Math.abs(now - Number(timestamp) * 1_000) > tolerance) return 'its time is too far from now';
    const sent = signatures.split(' ').flatMap((each) => {
      const [version, text = ''] = each.split(',', 2);
      return version === 'v1' ? [Buffer.from(text, 'base64')] : [];
    });
    const isOurs = keys.some((key) => {
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
      return sent.some((each) => each.length === expected.length && timingSafeEqual(each, expected));
    });
    return isOurs ? undefined : 'its signature is of none of the secrets';
  };
}

function keyOf(secret: string): Buffer {
  if (/^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$/.test(secret)) return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  throw new KubeInformerError('InvalidOption', 'a secret of an event receiver is none', {
    hint: 'It must be 24 to 64 bytes in base64, with or without "whsec_", as the sender has it in sign.secrets.',
  });
}
