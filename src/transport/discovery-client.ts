import type { DiscoveryAnswer, DiscoveryClient } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { KubeRequest } from './client.ts';
import type { KubeResponse } from './response.ts';

/** What discovery needs, over the requests of a client. */
export class RequestDiscovery implements DiscoveryClient {
  readonly #request: (request: KubeRequest) => Promise<KubeResponse>;

  constructor(request: (request: KubeRequest) => Promise<KubeResponse>) {
    this.#request = request;
  }

  async json(path: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<DiscoveryAnswer> {
    const response = await this.#request({ path, headers, signal });
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.status, etag: response.headers.etag, body: bodyOf(text, response, path) };
  }
}

/** The document, the text if it is no JSON (a proxy's page, `404 page not found`), `undefined` if there is none (304). */
function bodyOf(text: string, response: KubeResponse, path: string): unknown {
  if (text === '') return undefined;
  if (!/^application\/json\b/i.test(response.headers['content-type'] ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new KubeInformerError('DecodeFailed', `GET ${path}: the answer is no JSON (${text.length} characters)`, {
      cause: thrown,
      hint: 'Something between this process and the API server changes or cuts the answers; a proxy is the usual suspect.',
    });
  }
}
