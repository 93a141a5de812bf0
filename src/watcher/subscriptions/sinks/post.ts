import http from 'node:http';
import https from 'node:https';
import { checkUrl, guardedLookup, hostOf } from './egress.ts';

export interface PostRequest {
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** The header, as it came. */
  readonly retryAfter: string | undefined;
}

/** Sends one request. Follows no redirect. Rejects if there is no answer. */
export type Post = (url: URL, request: PostRequest) => Promise<PostAnswer>;

export interface Poster {
  readonly post: Post;
  /** Closes connections that are kept for the next request. */
  close(): void;
}

/**
 * Sends requests over connections that are kept.
 *
 * @param allow hosts, by name or address, that may be reached wherever they are, also without TLS.
 */
export function createPoster(allow: ReadonlySet<string>): Poster {
  const lookup = guardedLookup(allow);
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  const post: Post = async (url, { method, headers, body, signal }) => {
    checkUrl(url, allow);
    const isPlain = url.protocol === 'http:';
    const options: https.RequestOptions = {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      host: hostOf(url),
      agent: isPlain ? agents.http : agents.https,
      lookup,
      signal,
    };
    return new Promise((answer, reject) => {
      const request = (isPlain ? http : https).request(url, options, (response) => {
        const { statusCode = 0, headers: sent } = response;
        // The body is of no use. One that is too long costs the connection, one that does not end the time of the whole request.
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > longestBody) response.destroy();
        });
        // Cut off or not: the status is the answer.
        response.on('error', () => undefined);
        response.on('close', () => answer({ status: statusCode, retryAfter: sent['retry-after'] }));
      });
      request.on('error', reject);
      request.end(body);
    });
  };
  return {
    post,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

const longestBody = 64 * 1024;
