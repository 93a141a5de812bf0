import type { IncomingHttpHeaders } from 'node:http';
import { refusal } from '../cache/index.ts';

/**
 * Refuses writes that a page of another site makes in the browser of somebody who can reach the service. Browsers say where such a request comes from; a name
 * that leads to this machine only for that page gives itself away, where there are no credentials, by not being a name of this machine.
 *
 * @param open whether nobody is asked who they are.
 * @throws ApiStatusError 403
 */
export function refuseForeignWrites(method: string, { origin, host = '' }: IncomingHttpHeaders, open: boolean): void {
  if (method === 'GET' || method === 'HEAD') return;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) {
    throw refusal(403, 'Forbidden', `writes are not taken from pages of ${origin}`);
  }
  if (open && !isOfThisMachine(host)) {
    throw refusal(403, 'Forbidden', `without server.auth, writes are taken for localhost only, not for ${host}`);
  }
}

function isOfThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(name);
}
