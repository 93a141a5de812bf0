import type { DiscoveryAnswer, DiscoveryClient } from '../../../src/kubernetes/index.ts';

interface FakeResource {
  readonly resource: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly shortNames?: string[];
  readonly categories?: string[];
  readonly subresources?: string[];
  readonly verbs?: string[];
}

export interface FakeVersion {
  readonly version: string;
  readonly resources: FakeResource[];
  readonly stale?: boolean;
}

/** What the fake server serves, by group. */
export type FakeApis = Record<string, FakeVersion[]>;

export const usualApis: FakeApis = {
  '': [
    {
      version: 'v1',
      resources: [
        { resource: 'pods', kind: 'Pod', shortNames: ['po'], categories: ['all'], subresources: ['log', 'status'] },
        { resource: 'nodes', kind: 'Node', namespaced: false, shortNames: ['no'] },
        { resource: 'events', kind: 'Event', shortNames: ['ev'] },
      ],
    },
  ],
  apps: [
    {
      version: 'v1',
      resources: [
        { resource: 'deployments', kind: 'Deployment', shortNames: ['deploy'], categories: ['all'] },
        { resource: 'daemonsets', kind: 'DaemonSet', shortNames: ['ds'], categories: ['all'] },
      ],
    },
  ],
  'events.k8s.io': [{ version: 'v1', resources: [{ resource: 'events', kind: 'Event', shortNames: ['ev'] }] }],
  'example.com': [
    {
      version: 'v1',
      resources: [
        { resource: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'], verbs: ['get', 'list'] },
      ],
    },
    {
      version: 'v1beta1',
      resources: [
        { resource: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
        { resource: 'gadgets', kind: 'Gadget' },
      ],
    },
  ],
};

const usualVerbs = ['get', 'list', 'watch'];

/** A server's discovery endpoints, answering as the real one does; every request is recorded. */
export class FakeDiscovery implements DiscoveryClient {
  readonly requests: string[] = [];
  apis: FakeApis;
  /** `false`: a server from before aggregated discovery. */
  aggregated = true;
  /** Answers that take precedence over `apis`, by path. An `Error` is a broken connection. */
  readonly overrides = new Map<string, DiscoveryAnswer | Error>();
  /** While set, no request is answered before it resolves. */
  gate: Promise<void> | undefined;

  constructor(apis: FakeApis = usualApis) {
    this.apis = apis;
  }

  /** Refreshes so far: each begins with a request to `/api`. */
  get refreshes(): number {
    return this.requests.filter((path) => path.startsWith('/api ') || path === '/api').length;
  }

  async json(path: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<DiscoveryAnswer> {
    const tag = headers['if-none-match'];
    this.requests.push(tag === undefined ? path : `${path} if not ${tag}`);
    await this.gate;
    signal?.throwIfAborted();
    const override = this.overrides.get(path);
    if (override instanceof Error) throw override;
    if (override) return override;
    const wantsAggregated = headers.accept?.includes('as=APIGroupDiscoveryList') ?? false;
    if (this.aggregated && wantsAggregated && (path === '/api' || path === '/apis')) return this.#aggregated(path, tag);
    const body = this.#legacy(path);
    return body ? { status: 200, body } : { status: 404, body: '404 page not found' };
  }

  #groups(root: string): [string, FakeVersion[]][] {
    return Object.entries(this.apis).filter(([group]) => (group === '') === (root === '/api'));
  }

  #aggregated(root: string, tag: string | undefined): DiscoveryAnswer {
    const items = this.#groups(root).map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map(({ version, resources, stale }) => ({
        version,
        resources: resources.map((entry) => ({
          resource: entry.resource,
          responseKind: { group: '', version: '', kind: entry.kind },
          scope: entry.namespaced === false ? 'Cluster' : 'Namespaced',
          singularResource: entry.kind.toLowerCase(),
          verbs: entry.verbs ?? usualVerbs,
          shortNames: entry.shortNames,
          categories: entry.categories,
          subresources: entry.subresources?.map((subresource) => ({ subresource, verbs: ['get'] })),
        })),
        freshness: stale ? 'Stale' : 'Current',
      })),
    }));
    const etag = `"${JSON.stringify(items).length}"`;
    if (tag === etag) return { status: 304, etag, body: undefined };
    return {
      status: 200,
      etag,
      body: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items },
    };
  }

  #legacy(path: string): object | undefined {
    if (path === '/api') return { kind: 'APIVersions', versions: (this.apis[''] ?? []).map(({ version }) => version) };
    if (path === '/apis') {
      const groups = this.#groups('/apis').map(([name, versions]) => {
        const named = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
        // In the order of age, so that only `preferredVersion` tells what is preferred.
        return { name, versions: named.toReversed(), preferredVersion: named[0] };
      });
      return { kind: 'APIGroupList', apiVersion: 'v1', groups };
    }
    for (const [group, versions] of Object.entries(this.apis)) {
      for (const { version, resources } of versions) {
        const groupVersion = group === '' ? version : `${group}/${version}`;
        if (path !== (group === '' ? `/api/${version}` : `/apis/${groupVersion}`)) continue;
        return {
          kind: 'APIResourceList',
          groupVersion,
          resources: resources.flatMap((entry) => [
            {
              name: entry.resource,
              singularName: entry.kind.toLowerCase(),
              namespaced: entry.namespaced !== false,
              kind: entry.kind,
              verbs: entry.verbs ?? usualVerbs,
              shortNames: entry.shortNames,
              categories: entry.categories,
            },
            ...(entry.subresources ?? []).map((subresource) => ({
              name: `${entry.resource}/${subresource}`,
              singularName: '',
              namespaced: true,
              kind: entry.kind,
              verbs: ['get'],
            })),
          ]),
        };
      }
    }
    return undefined;
  }
}
