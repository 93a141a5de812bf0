import { parseArgs } from 'node:util';
import { builtInResources, KubeClient, loadKubeConfig, RestMapper } from '../../index.ts';
import { loadConfig, type Target, type WatcherConfig } from '../config/index.ts';
import { exit, type Io } from './io.ts';
import { allowsMore, type RoleResource, type Rule, rolesFor } from './roles.ts';

/** Prints the roles that a configuration needs and nothing more, as one JSON document that `kubectl apply -f -` takes. */
export async function rbac(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      name: { type: 'string', default: 'kube-informer-watcher' },
      namespace: { type: 'string', short: 'n', default: 'default' },
    },
  });
  const { config } = loadConfig({ path: values.config, env: io.env, directory: io.directory });
  const roles = await rolesFor(config, (target) => resourceOf(target, config, io));
  const { name, namespace } = values;
  const items = Array.from(roles).flatMap(([scope, rules]) => documentsOf(scope, rules, { name, namespace }));
  io.out(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`);
  if (allowsMore(config)) {
    io.err(
      'onDemandWatch allows kinds by pattern; they are not in these roles. Name them in watches, or set mode to deny.\n',
    );
  }
  return exit.ok;
}

/** Built-in kinds are known; for others the cluster is asked. */
async function resourceOf(target: Target, config: WatcherConfig, io: Io): Promise<RoleResource> {
  const { group, version, kind } = target;
  const known = builtInResources.find(
    (each) => each.group === group && each.kind === kind && (!version || each.version === version),
  );
  if (known) return known;
  const { kubeconfig: path, context } = config.cluster;
  await using client = new KubeClient(io.cluster ?? (await loadKubeConfig({ path, context, env: io.env })), {
    clock: io.clock,
  });
  const mapper = new RestMapper({ client: client.discovery, clock: io.clock });
  try {
    return await mapper.resolve(target);
  } finally {
    mapper.close();
  }
}

/** A role and its binding. */
function documentsOf(
  scope: string,
  rules: readonly Rule[],
  { name, namespace }: { name: string; namespace: string },
): object[] {
  const isCluster = scope === '*';
  const metadata = isCluster ? { name } : { name, namespace: scope };
  const kind = isCluster ? 'ClusterRole' : 'Role';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion, kind, metadata, rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}
