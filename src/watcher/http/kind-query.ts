import type { IncomingMessage } from 'node:http';
import { refusal } from '../cache/index.ts';
import { type KindQuery, parseKindQuery } from '../query/index.ts';

const path = '/query';

/** Whether a request is a query by kind. */
export function isKindQuery(url: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?');
}

/**
 * Reads a query by kind: from the URL, or of a POST from its body.
 *
 * @throws ApiStatusError 400, 413, 415
 */
export async function readKindQuery(request: IncomingMessage, maxBodyBytes: number): Promise<KindQuery> {
  if (request.method === 'POST') return parseKindQuery(await bodyOf(request, maxBodyBytes));
  const params = new URLSearchParams(request.url!.slice(path.length + 1));
  // What other clients add makes no difference, as with reads.
  for (const name of ['timeout', 'pretty']) params.delete(name);
  return parseKindQuery(Object.fromEntries(params));
}

async function bodyOf(request: IncomingMessage, maxBodyBytes: number): Promise<unknown> {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/json') {
    throw refusal(415, 'UnsupportedMediaType', 'a query is to be of the type application/json');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw refusal(413, 'RequestEntityTooLarge', 'the body is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw refusal(400, 'BadRequest', 'the body is no JSON');
  }
}
