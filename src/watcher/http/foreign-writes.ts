import type { IncomingHttpHeaders } from 'node:http';
import { refusal } from '../cache/index.ts';

/**
 * Refuses writes that a page of another site makes in the browser of somebody who can reach the service: browsers say where such a request comes from.
 *
 * @throws ApiStatusError 403
 */
export function refuseForeignWrites(method: string, { origin, host = '' }: IncomingHttpHeaders): void {
  if (method === 'GET' || method === 'HEAD' || origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host) {
    throw refusal(403, 'Forbidden', `writes are not taken from pages of ${origin}`);
  }
}
