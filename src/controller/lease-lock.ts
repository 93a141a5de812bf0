import { ApiStatusError, defineResource, type ResourceRef } from '../kubernetes/index.ts';
import { abortable, type Clock, KubeInformerError, messageOf } from '../runtime/index.ts';
import type { ResourceClient } from '../transport/index.ts';
import { type Lease, type LeaseRecord, leaseSpec } from './lease-record.ts';
import { linkSignals } from './linked-signal.ts';

/** What leader election needs of a client: a `KubeClient` is one. */
export interface LeaseClient {
  resource(
    definition: ResourceRef<Lease>,
    options: { readonly namespace: string },
  ): Pick<ResourceClient<Lease>, 'get' | 'create' | 'replace'>;
}

interface LeaseLockOptions {
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds after which a request is given up. */
  readonly requestTimeout: number;
}

const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
});

/**
 * One Lease on the server. Each write names the version that it is to replace, so of two writers one is refused; a write whose answer
 * does not come may or may not have happened, and may still happen later, but never after another one.
 *
 * Methods reject with `LeaseFailed`, or with the reason of `signal`.
 */
export class LeaseLock {
  readonly description: string;
  readonly #options: LeaseLockOptions;
  readonly #leases: ReturnType<LeaseClient['resource']>;

  constructor(options: LeaseLockOptions) {
    const { client, namespace, name } = options;
    this.#options = options;
    this.#leases = client.resource(leases, { namespace });
    this.description = `lease ${namespace}/${name}`;
  }

  /** @returns `undefined` if there is none. */
  read(signal: AbortSignal): Promise<Lease | undefined> {
    return this.#within(signal, (until) =>
      this.#leases.get(this.#options.name, { signal: until }).catch((thrown) => {
        if (codeOf(thrown) === 404) return undefined;
        throw thrown;
      }),
    );
  }

  /**
   * Writes the lease in place of `known`, or creates it.
   *
   * @returns `undefined` if somebody else wrote, created or deleted it first.
   */
  write(record: LeaseRecord, known: Lease | undefined, signal: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    const spec = leaseSpec(record, known);
    return this.#within(signal, (until) => {
      const written = known
        ? this.#leases.replace({ ...known, spec }, { signal: until })
        : this.#leases.create(
            { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec },
            { signal: until },
          );
      return written.catch((thrown) => {
        const code = codeOf(thrown);
        // 404 to a creation says that there is no such namespace.
        if (code === 409 || (code === 404 && known)) return undefined;
        throw thrown;
      });
    });
  }

  async #within<T>(signal: AbortSignal, request: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, requestTimeout } = this.#options;
    const link = linkSignals(signal);
    const timer = clock.setTimer(() => {
      const message = `no answer within ${requestTimeout} ms`;
      const hint = 'Look at the connection to the API server.';
      link.controller.abort(new KubeInformerError('ConnectionFailed', message, { hint }));
    }, requestTimeout);
    try {
      return await abortable(request(link.signal), link.signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw new KubeInformerError('LeaseFailed', `${this.description}: ${messageOf(thrown)}`, {
        cause: thrown,
        hint: hintFor(thrown),
      });
    } finally {
      timer.cancel();
      link.unlink();
    }
  }
}

function codeOf(thrown: unknown): number | undefined {
  return thrown instanceof ApiStatusError ? thrown.status.code : undefined;
}

function hintFor(thrown: unknown): string {
  if (codeOf(thrown) === 403) return 'Grant get, create and update on leases of coordination.k8s.io in that namespace.';
  if (codeOf(thrown) === 404) return 'Create the namespace, or name another one.';
  return 'It is tried again; see the cause.';
}
