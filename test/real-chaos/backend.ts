import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeConfigLike, loadKubeConfig, sleep, systemClock } from '../../src/index.ts';
import { type StartedApiServer, startApiServer } from '../../tools/apiserver.ts';

/** A real API server that can crash and come back, with the same data at the same place. It forgets old versions every few seconds. */
export class Backend implements AsyncDisposable {
  readonly kubeConfig: KubeConfigLike;
  readonly port: number;
  readonly #directory: string;
  #server: StartedApiServer;
  #up: Promise<void> = Promise.resolve();

  private constructor(directory: string, server: StartedApiServer, kubeConfig: KubeConfigLike) {
    this.#directory = directory;
    this.#server = server;
    this.kubeConfig = kubeConfig;
    this.port = Number(new URL(server.url).port);
  }

  static async start(onProgress: (line: string) => void): Promise<Backend> {
    const directory = await mkdtemp(join(tmpdir(), 'chaos-'));
    const server = await startApiServer({ dataDir: directory, compactionInterval: '5s', onProgress });
    return new Backend(directory, server, await loadKubeConfig({ path: server.kubeconfig }));
  }

  /** Resolves when the server serves: at once, but after a crash. Rejects if it does not come back. */
  get up(): Promise<void> {
    return this.#up;
  }

  /** Kills the server, and starts it again after `downtime` milliseconds. Resolves when it is back. */
  crash(downtime: number): Promise<void> {
    this.#up = this.#restart(downtime);
    // Whoever waits for it hears of a failure.
    this.#up.catch(() => {});
    return this.#up;
  }

  async #restart(downtime: number): Promise<void> {
    await this.#server.stop('SIGKILL');
    await sleep(systemClock, downtime);
    this.#server = await startApiServer({ dataDir: this.#directory, port: this.port, compactionInterval: '5s' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#up.catch(() => {});
    await this.#server.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
