import { parseArgs } from 'node:util';
import { builtInResources, KubeClient, loadKubeConfig, RestMapper } from '../../index.ts';
import { loadConfig, type Target, type WatcherConfig } from '../config/index.ts';
import { exit, type Io } from './io.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ['get', 'list', 'watch'];

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
  const roles = await rolesOf(config, io);
  const { name, namespace } = values;
  const items = Array.from(roles).flatMap(([scope, rules]) => documentsOf(scope, rules, { name, namespace }));
  io.out(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`);
  if (config.onDemandWatch.mode === 'allow' && config.onDemandWatch.only.some((pattern) => pattern.includes('*'))) {
    io.err(
      'onDemandWatch allows kinds by pattern; they are not in these roles. Name them in watches, or set mode to deny.\n',
    );
  }
  return exit.ok;
}

/** Rules by namespace; `*` are those for all of them. */
async function rolesOf(config: WatcherConfig, io: Io): Promise<Map<string, Rule[]>> {
  const roles = new Map<string, Rule[]>();
  const add = (scope: string, group: string, resource: string, verbs: readonly string[] = read) => {
    const rules = roles.get(scope) ?? [];
    const same = rules.find(({ apiGroups, verbs: others }) => apiGroups[0] === group && others.join() === verbs.join());
    const merged = [...new Set([...(same?.resources ?? []), resource])].sort();
    roles.set(scope, [...rules.filter((rule) => rule !== same), { apiGroups: [group], resources: merged, verbs }]);
  };
  for (const { target, namespaces } of config.watches) {
    const { resource, namespaced } = await resourceOf(target, config, io);
    for (const scope of namespaced && namespaces !== '*' ? namespaces : ['*']) add(scope, target.group, resource);
  }
  if (config.discovery.followCrds) {
    add('*', 'apiextensions.k8s.io', 'customresourcedefinitions');
    add('*', 'apiregistration.k8s.io', 'apiservices');
  }
  if (config.server.auth.type === 'tokenReview') {
    add('*', 'authentication.k8s.io', 'tokenreviews', ['create']);
    add('*', 'authorization.k8s.io', 'subjectaccessreviews', ['create']);
  }
  return roles;
}

/** Built-in kinds are known; for others the cluster is asked. */
async function resourceOf(
  target: Target,
  config: WatcherConfig,
  io: Io,
): Promise<{ resource: string; namespaced: boolean }> {
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
