import {
  ApiStatusError,
  findBuiltInResource,
  KubeClient,
  KubeInformerError,
  type KubeObject,
  type Random,
  type ResourceClient,
  type ResourceDefinition,
} from '../../src/index.ts';
import type { Backend } from './backend.ts';

export type ConfigMap = KubeObject & { data?: Record<string, string> };

export const configMaps = findBuiltInResource({
  group: '',
  version: 'v1',
  resource: 'configmaps',
}) as ResourceDefinition<ConfigMap>;

export const namespaces = ['chaos-red', 'chaos-green', 'chaos-blue', 'chaos-white'] as const;
const concurrency = 8;

/** Changes many objects at random over connections of its own, without a break but while the server is down. */
export class Writers {
  /** Writes that the server took. */
  written = 0;
  readonly #client: KubeClient;
  readonly #clients: readonly ResourceClient<ConfigMap>[];
  readonly #backend: Backend;
  readonly #objects: number;
  readonly #random: Random;

  constructor(backend: Backend, objects: number, random: Random) {
    this.#backend = backend;
    this.#objects = objects;
    this.#random = random;
    this.#client = new KubeClient(backend.kubeConfig, { answerTimeout: 5_000 });
    this.#clients = namespaces.map((namespace) => this.#client.resource<ConfigMap>(configMaps, { namespace }));
  }

  /** Creates what is missing. */
  async fill(): Promise<void> {
    const present = new Set<string>();
    for (const client of this.#clients) {
      const { items } = await client.list({}, AbortSignal.timeout(30_000));
      for (const { metadata } of items) present.add(metadata.name);
    }
    const missing = Array.from({ length: this.#objects }, (_, index) => index).filter(
      (index) => !present.has(name(index)),
    );
    await this.#concurrently(async () => {
      for (let index = missing.pop(); index !== undefined; index = missing.pop()) {
        await this.#of(index).create(this.#configMap(index));
      }
    });
  }

  /** Writes until `signal` is aborted. Resolves when the last write has ended. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#concurrently(async () => {
      while (!signal.aborted) {
        try {
          await this.#write(Math.floor(this.#random() * this.#objects));
          this.written++;
        } catch (thrown) {
          // Whether the write was done is known to the server alone, which is what everything is compared with in the end.
          if (!isOutage(thrown)) throw thrown;
          await this.#backend.up;
        }
      }
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #write(index: number): Promise<void> {
    const client = this.#of(index);
    const dice = this.#random();
    if (dice < 0.8) {
      const { data, metadata } = this.#configMap(index);
      const labels = dice < 0.3 ? { labels: metadata.labels } : {};
      const patch = client.patch(name(index), { data, metadata: labels }, { type: 'merge' });
      if (await exists(patch)) return;
    } else {
      await exists(client.delete(name(index)));
      if (dice < 0.9) return;
    }
    await client.create(this.#configMap(index)).catch((thrown: unknown) => {
      // Somebody else was faster.
      if (!(thrown instanceof ApiStatusError && thrown.status.code === 409)) throw thrown;
    });
  }

  #of(index: number): ResourceClient<ConfigMap> {
    return this.#clients[index % namespaces.length]!;
  }

  #configMap(index: number) {
    const labels = { tier: this.#random() < 0.5 ? 'front' : 'back' };
    // Letters of several bytes, so that cuts fall into the middle of them.
    const data = { text: 'äöü€😀'.repeat(1 + Math.floor(this.#random() * 40)), count: String(this.#random()) };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name(index), labels }, data };
  }

  async #concurrently(work: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: concurrency }, work));
  }
}

const name = (index: number) => `object-${String(index).padStart(5, '0')}`;

async function exists(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (thrown) {
    if (thrown instanceof ApiStatusError && thrown.class === 'notFound') return false;
    throw thrown;
  }
}

function isOutage(thrown: unknown): boolean {
  if (thrown instanceof ApiStatusError) return ['throttled', 'timeout', 'internal', 'other'].includes(thrown.class);
  return thrown instanceof KubeInformerError && thrown.code === 'ConnectionFailed';
}
