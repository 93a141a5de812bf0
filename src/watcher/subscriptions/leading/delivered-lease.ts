import {
  ApiStatusError,
  asKubeInformerError,
  type Clock,
  defineResource,
  type KubeClient,
  type KubeObject,
} from '../../../index.ts';

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string };
}

const leases = defineResource<LeaseObject>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
});

const annotation = 'watcher.kube-informer.dev/delivered';

/** Up to which version everything was delivered, by sink of a subscription. */
export type Delivered = ReadonlyMap<string, string>;

export interface DeliveredLeaseOptions {
  readonly client: Pick<KubeClient, 'resource'>;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  /** Milliseconds after which a request is given up. */
  readonly requestTimeout: number;
  readonly clock: Clock;
}

/**
 * Where the leader says what was delivered: a Lease beside the one of the election, so that its writes never meet those that renew that. Each write names
 * the version that it replaces: one of a leader that was deposed and does not know it is refused.
 */
export class DeliveredLease {
  readonly #options: DeliveredLeaseOptions;
  readonly #leases: ReturnType<typeof clientOf>;
  #known: LeaseObject | undefined;
  #written = '';

  constructor(options: DeliveredLeaseOptions) {
    this.#options = options;
    this.#leases = clientOf(options.client, options.namespace);
  }

  /** @returns `undefined` if nobody has ever led. @throws KubeInformerError */
  async read(signal: AbortSignal): Promise<Delivered | undefined> {
    this.#written = '';
    try {
      this.#known = await this.#within(signal, (until) => this.#leases.get(this.#options.name, { signal: until }));
    } catch (thrown) {
      if (!(thrown instanceof ApiStatusError) || thrown.status.code !== 404) throw thrown;
      this.#known = undefined;
      return undefined;
    }
    return parse(this.#known.metadata.annotations?.[annotation]);
  }

  /**
   * Writes what was delivered, unless that is what stands there. To be called after `read`.
   *
   * @throws KubeInformerError; 409 if somebody else wrote meanwhile
   */
  async write(delivered: Delivered, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(delivered));
    if (text === this.#written) return;
    const { namespace, name, identity } = this.#options;
    const known = this.#known;
    const body = {
      ...known,
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...known?.metadata,
        namespace,
        name,
        annotations: { ...known?.metadata.annotations, [annotation]: text },
      },
      spec: { ...known?.spec, holderIdentity: identity },
    };
    this.#known = await this.#within(signal, (until) =>
      known ? this.#leases.replace(body, { signal: until }) : this.#leases.create(body, { signal: until }),
    );
    this.#written = text;
  }

  async #within<T>(signal: AbortSignal, request: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, requestTimeout, name } = this.#options;
    const late = new AbortController();
    const timer = clock.setTimer(() => late.abort(new Error(`no answer in ${requestTimeout} ms`)), requestTimeout);
    try {
      return await request(AbortSignal.any([signal, late.signal]));
    } catch (thrown) {
      throw asKubeInformerError(
        thrown,
        'LeaseFailed',
        `lease ${name}`,
        'It is tried again; kube-informer rbac prints the rights that it needs.',
      );
    } finally {
      timer.cancel();
    }
  }
}

function clientOf(client: Pick<KubeClient, 'resource'>, namespace: string) {
  return client.resource<LeaseObject>(leases, { namespace });
}

/** Anything that is not as we write it says nothing: more is delivered again then. */
function parse(text: string | undefined): Delivered {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return new Map();
  }
}
