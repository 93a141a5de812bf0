import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeConfigLike, loadKubeConfig } from '../../../src/index.ts';
import { type AccessReview, ApiServer } from '../../../src/testing/index.ts';
import { withToken } from '../../conformance/cluster.ts';
import type { OperatorProcess } from './process.ts';

const readme = new URL('../../../examples/operator/README.md', import.meta.url);

/** Where the operator is put to the test: an embedded API server, or the one that the environment names. */
export interface Cluster extends AsyncDisposable {
  /** The path of a kubeconfig, for the operator. */
  readonly kubeconfig: string;
  readonly config: KubeConfigLike;
  /** Kills the operator at its `count`th write from now on: the server has the request, and the operator never hears what came of it. */
  killAtWrite(operator: OperatorProcess, count: number): void;
}

export async function openCluster(): Promise<Cluster> {
  const path = process.env.CONFORMANCE_KUBECONFIG;
  if (path === undefined) return EmbeddedCluster.start();
  return {
    kubeconfig: path,
    config: await loadKubeConfig({ path }),
    // The writes of others can't be seen from here. It says a line for each write, when it has the answer, and one before.
    killAtWrite: (operator, count) => operator.onLine((line) => line === count + 1 && operator.kill('SIGKILL')),
    async [Symbol.asyncDispose]() {},
  };
}

class EmbeddedCluster implements Cluster {
  readonly kubeconfig: string;
  readonly config: KubeConfigLike;
  readonly #directory: string;
  readonly #server: ApiServer;
  #onWrite = () => {};

  private constructor(server: ApiServer, directory: string) {
    this.#server = server;
    this.#directory = directory;
    this.kubeconfig = join(directory, 'kubeconfig');
    this.config = withToken(server.kubeConfig(), () => 'tester');
    // A fault that looks, and never strikes.
    server.faults.add({
      match: ({ method, userAgent }) => {
        if (method !== 'GET' && userAgent.includes('website-operator')) this.#onWrite();
        return false;
      },
      action: { kind: 'stall' },
    });
  }

  static async start(): Promise<EmbeddedCluster> {
    const allowed = await allowedByReadme();
    const server = await ApiServer.start({
      tokens: { operator: 'operator', tester: 'tester' },
      authorize: (review) => review.user.name === 'tester' || allowed.has(textOf(review)),
    });
    const cluster = new EmbeddedCluster(server, await mkdtemp(join(tmpdir(), 'operator-')));
    await server.writeKubeConfig(cluster.kubeconfig);
    return cluster;
  }

  killAtWrite(operator: OperatorProcess, count: number): void {
    let writes = 0;
    this.#onWrite = () => {
      if (++writes === count) operator.kill('SIGKILL');
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await rm(this.#directory, { recursive: true });
  }
}

/** What the table in the README says that the operator may do. */
async function allowedByReadme(): Promise<ReadonlySet<string>> {
  const rows = (await readFile(readme, 'utf8')).matchAll(/^\| (core|`[\w.]+`) \| `([\w/]+)` \| ([a-z, ]+)/gm);
  return new Set(
    Array.from(rows, ([, group = '', resource = '', verbs = '']) =>
      verbs.split(',').map((verb) => `${verb.trim()} ${resource} ${group === 'core' ? '' : group.replaceAll('`', '')}`),
    ).flat(),
  );
}

function textOf({ verb, resource, subresource, group }: AccessReview): string {
  return `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`} ${group}`;
}
