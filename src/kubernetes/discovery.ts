import PQueue from 'p-queue';
import { asKubeInformerError, KubeInformerError } from '../runtime/index.ts';
import {
  type DiscoveredGroup,
  type DiscoveredVersion,
  kindOfDocument,
  readAggregated,
  readCoreVersions,
  readGroupList,
  readResourceList,
  requireKind,
} from './discovery-document.ts';
import { groupVersionPath } from './group-version.ts';
import type { Status } from './objects.ts';
import { ApiStatusError, statusOfHttp } from './status.ts';

/** An answer of the server, whatever its status. */
export interface DiscoveryAnswer {
  readonly status: number;
  /** The `ETag` header. */
  readonly etag?: string | undefined;
  /** The parsed JSON, or the text if it is none; `undefined` without a body. */
  readonly body: unknown;
}

/** What discovery needs of a transport: one GET whose answer is JSON. */
export interface DiscoveryClient {
  /** Resolves with whatever the server answers, error statuses included. Rejects when there is no answer. */
  json(path: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<DiscoveryAnswer>;
}

/** Something that could not be discovered. What was known of it before is still in the map. */
export interface DiscoveryFailure {
  /** `undefined` if a whole root (`/api`, `/apis`) failed. */
  readonly group: string | undefined;
  /** `undefined` if all versions of the group, or the root, failed. */
  readonly version: string | undefined;
  readonly error: KubeInformerError;
}

export interface DiscoveryResult {
  readonly groups: readonly DiscoveredGroup[];
  readonly failures: readonly DiscoveryFailure[];
}

const aggregatedMediaTypes = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/** Requests under way at once when a server without aggregated discovery is asked for one group version after another. */
const legacyConcurrency = 8;

const hint = 'Check that the server is reachable and that this user may read /api and /apis.';

type Root = '/api' | '/apis';

/**
 * Asks a server what it serves, in two requests where it offers aggregated discovery and in one per group version where
 * it does not. What can't be reached keeps its last description.
 */
export class DiscoveryReader {
  readonly #client: DiscoveryClient;
  /** The last answer of each root with the tag under which the server knows it. */
  readonly #tagged = new Map<Root, { etag: string; groups: readonly DiscoveredGroup[] }>();
  /** The last result; the source of what failing groups keep. */
  #last: readonly DiscoveredGroup[] = [];

  constructor(client: DiscoveryClient) {
    this.#client = client;
  }

  /**
   * Reads everything. One caller at a time.
   *
   * @throws KubeInformerError if neither root could be read.
   */
  async read(signal: AbortSignal): Promise<DiscoveryResult> {
    const failures: DiscoveryFailure[] = [];
    const roots = await Promise.allSettled([
      this.#readRoot('/api', failures, signal),
      this.#readRoot('/apis', failures, signal),
    ]);
    signal.throwIfAborted();
    const [core, named] = roots;
    if (core.status === 'rejected' && named.status === 'rejected') throw core.reason;
    const groups = roots.flatMap((root, index) => {
      if (root.status === 'fulfilled') return root.value;
      failures.push({
        group: undefined,
        version: undefined,
        error: asKubeInformerError(root.reason, 'Internal', 'discovery', hint),
      });
      return this.#last.filter(({ group }) => (group === '') === (index === 0));
    });
    this.#last = groups;
    return { groups, failures };
  }

  async #readRoot(root: Root, failures: DiscoveryFailure[], signal: AbortSignal): Promise<readonly DiscoveredGroup[]> {
    const tagged = this.#tagged.get(root);
    const answer = await this.#get(root, signal, {
      accept: aggregatedMediaTypes,
      ...(tagged && { 'if-none-match': tagged.etag }),
    });
    if (answer.status === 304 && tagged) return this.#withoutStale(tagged.groups, failures);
    this.#tagged.delete(root);
    if (kindOfDocument(answer.body) === 'APIGroupDiscoveryList') {
      const groups = readAggregated(answer.body);
      if (answer.etag !== undefined) this.#tagged.set(root, { etag: answer.etag, groups });
      return this.#withoutStale(groups, failures);
    }
    requireKind(answer.body, root === '/api' ? 'APIVersions' : 'APIGroupList', root);
    return this.#readLegacy(
      root === '/api' ? readCoreVersions(answer.body) : readGroupList(answer.body),
      failures,
      signal,
    );
  }

  /** Versions that the server calls stale keep what was known of them, and are reported. */
  #withoutStale(groups: readonly DiscoveredGroup[], failures: DiscoveryFailure[]): readonly DiscoveredGroup[] {
    return groups.map(({ group, versions }) => ({
      group,
      versions: versions.map((entry) => {
        if (!entry.isStale) return entry;
        const error = new KubeInformerError('ApiStatus', `discovery of ${group}/${entry.version} is stale`, {
          hint: 'The server behind this group does not answer; look at its APIService.',
        });
        failures.push({ group, version: entry.version, error });
        return this.#lastVersion(group, entry.version) ?? entry;
      }),
    }));
  }

  async #readLegacy(
    groups: readonly { readonly group: string; readonly versions: readonly string[] }[],
    failures: DiscoveryFailure[],
    signal: AbortSignal,
  ): Promise<readonly DiscoveredGroup[]> {
    const queue = new PQueue({ concurrency: legacyConcurrency });
    return Promise.all(
      groups.map(async ({ group, versions }) => {
        const read = await Promise.all(
          versions.map((version) => queue.add(() => this.#readLegacyVersion(group, version, failures, signal))),
        );
        return { group, versions: read.filter((entry) => entry !== undefined) };
      }),
    );
  }

  async #readLegacyVersion(
    group: string,
    version: string,
    failures: DiscoveryFailure[],
    signal: AbortSignal,
  ): Promise<DiscoveredVersion | undefined> {
    const path = groupVersionPath({ group, version });
    try {
      const { body } = await this.#get(path, signal, { accept: 'application/json' });
      requireKind(body, 'APIResourceList', path);
      return { version, resources: readResourceList(body), isStale: false };
    } catch (thrown) {
      // It went away between the list of groups and this request.
      if (thrown instanceof ApiStatusError && thrown.class === 'notFound') return undefined;
      failures.push({ group, version, error: asKubeInformerError(thrown, 'DecodeFailed', `GET ${path}`, hint) });
      return this.#lastVersion(group, version);
    }
  }

  #lastVersion(group: string, version: string): DiscoveredVersion | undefined {
    return this.#last.find((entry) => entry.group === group)?.versions.find((entry) => entry.version === version);
  }

  async #get(path: string, signal: AbortSignal, headers: Record<string, string>): Promise<DiscoveryAnswer> {
    signal.throwIfAborted();
    const answer = await this.#client.json(path, headers, signal).catch((thrown: unknown) => {
      throw asKubeInformerError(thrown, 'ConnectionFailed', `GET ${path}`, hint);
    });
    if (answer.status === 200 || answer.status === 304) return answer;
    // Servers that know no aggregated discovery may refuse its media types altogether.
    if (answer.status === 406 && headers.accept === aggregatedMediaTypes) {
      return this.#get(path, signal, { accept: 'application/json' });
    }
    throw new ApiStatusError(statusOf(answer.status, answer.body), { request: `GET ${path}` });
  }
}

function statusOf(code: number, body: unknown): Status {
  if (kindOfDocument(body) === 'Status') return body as Status;
  return statusOfHttp(code, typeof body === 'string' ? body : '');
}
