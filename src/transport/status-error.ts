import { ApiStatusError, type Status, statusOfHttp } from '../kubernetes/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { KubeResponse } from './response.ts';
import { parseRetryAfter } from './retry-after.ts';

/** At most this much of an error's body is read; the rest is not worth the memory. */
const errorBodyLimit = 1 << 20;

/** The error for an answer with a status of 400 or more. Reads its body. */
export async function statusError(response: KubeResponse, what: string, clock: Clock): Promise<ApiStatusError> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > errorBodyLimit) break;
  }
  const retryAfter = parseRetryAfter(response.headers['retry-after'], clock.now());
  return new ApiStatusError(statusIn(Buffer.concat(chunks).toString('utf8'), response.status), {
    request: what,
    retryAfter,
  });
}

function statusIn(text: string, code: number): Status {
  let body: Partial<Status> | null;
  try {
    body = JSON.parse(text);
  } catch {
    return statusOfHttp(code, text);
  }
  // A server that ran out of time sends a Status without its kind.
  if (typeof body !== 'object' || body === null || body.status !== 'Failure') return statusOfHttp(code, text);
  return {
    ...body,
    kind: 'Status',
    apiVersion: 'v1',
    metadata: body.metadata ?? {},
    status: 'Failure',
    code: body.code ?? code,
  };
}
