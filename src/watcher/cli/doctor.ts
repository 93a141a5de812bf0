import { parseArgs } from 'node:util';
import {
  asKubeInformerError,
  KubeClient,
  KubeInformerError,
  loadKubeConfig,
  RestMapper,
  resourcePath,
} from '../../index.ts';
import { loadConfig, type WatchSpec } from '../config/index.ts';
import { exit, type Io } from './io.ts';

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** Looks, step by step, for what would keep the service from working; says what is well, too. */
export async function doctor(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
  const { config, path } = loadConfig({ path: values.config, env: io.env, directory: io.directory });
  io.out(`[ok]   configuration ${path}\n`);
  const { kubeconfig, context } = config.cluster;
  const cluster = io.cluster ?? (await loadKubeConfig({ path: kubeconfig, context, env: io.env }));
  await using client = new KubeClient(cluster, { clock: io.clock, http2: config.cluster.http2 });
  const mapper = new RestMapper({ client: client.discovery, clock: io.clock });
  let failures = 0;
  const check = async (what: string, look: () => Promise<string>): Promise<boolean> => {
    try {
      io.out(`[ok]   ${what}: ${await look()}\n`);
      return true;
    } catch (thrown) {
      failures++;
      const { message, hint } = asKubeInformerError(thrown, 'Internal', what, 'Please report this.');
      io.out(`[FAIL] ${what}: ${message}\n       ${hint}\n`);
      return false;
    }
  };
  try {
    const reached = await check(`server ${cluster.getCurrentCluster()?.server}`, async () => {
      const { gitVersion } = await client.json<{ gitVersion?: string }>({ path: '/version' });
      return gitVersion ?? 'it answers';
    });
    if (!reached) return exit.failed;
    await check('discovery', async () => {
      await mapper.refresh();
      return `${mapper.resources.length} resources`;
    });
    for (const spec of config.watches) {
      await check(`watch ${spec.name}`, async () => {
        const resource = await mapper.resolve(spec.target);
        await requireRights(client, resource, spec);
        return `${resourcePath(resource)}, list and watch are allowed`;
      });
    }
  } finally {
    mapper.close();
  }
  return failures === 0 ? exit.ok : exit.failed;
}

/** @throws if the server says that we may not list or watch */
async function requireRights(
  client: KubeClient,
  { group, version, resource, namespaced }: { group: string; version: string; resource: string; namespaced: boolean },
  { namespaces }: WatchSpec,
): Promise<void> {
  for (const namespace of namespaced && namespaces !== '*' ? namespaces : ['']) {
    for (const verb of ['list', 'watch']) {
      const { status } = await client.json<Review>({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb, group, version, resource, namespace } },
        },
      });
      if (status?.allowed) continue;
      const where = namespace === '' ? 'at the cluster scope' : `in ${namespace}`;
      throw new KubeInformerError('ApiStatus', `${verb} of ${resource} ${where} is not allowed`, {
        hint: 'kube-informer rbac prints the roles that the configuration needs.',
      });
    }
  }
}
