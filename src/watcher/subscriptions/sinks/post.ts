import http from 'node:http';
import https from 'node:https';
import { checkUrl, guardedLookup, hostOf } from './egress.ts';
import { TlsAgents } from './tls-agents.ts';
import type { TlsFiles } from './tls-files.ts';

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
 * @param tls what is shown and believed where there is TLS. Default: nothing, and the authorities of Node.
 */
export function createPoster(allow: ReadonlySet<string>, tls: TlsFiles = {}): Poster {
  const lookup = guardedLookup(allow);
  const plain = new http.Agent({ keepAlive: true });
  const secure = new TlsAgents(tls);
  const post: Post = async (url, { method, headers, body, signal }) => {
    checkUrl(url, allow);
    const isPlain = url.protocol === 'http:';
    const options: https.RequestOptions = {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      host: hostOf(url),
      agent: isPlain ? plain : await secure.current(),
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
      // Nobody asked for another protocol. Without a listener the connection would end with neither an answer nor an error.
      request.on('upgrade', ({ statusCode = 0 }, socket) => {
        socket.destroy();
        answer({ status: statusCode, retryAfter: undefined });
      });
      request.on('error', reject);
      request.end(body);
    });
  };
  return {
    post,
    close: () => {
      plain.destroy();
      secure.close();
    },
  };
}

const longestBody = 64 * 1024;
