import { deliveredLeaseName, type Target, type WatcherConfig } from '../config/index.ts';
import { builtInRelations } from '../relations/index.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** What is known of a kind. */
export interface RoleResource {
  readonly resource: string;
  readonly namespaced: boolean;
}

const read = ['get', 'list', 'watch'];

/** Rules by namespace; those of the whole cluster stand under `*`. */
export type Roles = ReadonlyMap<string, readonly Rule[]>;

/**
 * The least that a configuration needs: rules for what it names and nothing more.
 *
 * @param resolve finds the resource of a kind.
 */
export async function rolesFor(
  config: WatcherConfig,
  resolve: (target: Target) => Promise<RoleResource>,
): Promise<Roles> {
  const reads = await readsOf(config, resolve);
  const roles = new Map<string, Rule[]>();
  const add = (scope: string, rule: Rule) => roles.set(scope, [...(roles.get(scope) ?? []), rule]);
  for (const [scope, groups] of reads) {
    for (const [group, resources] of groups) {
      add(scope, { apiGroups: [group], resources: [...resources].sort(), verbs: read });
    }
  }
  if (config.discovery.followCrds) {
    add('*', { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read });
    add('*', { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: read });
  }
  if (config.server.auth.type === 'tokenReview') {
    add('*', { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] });
    add('*', { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] });
  }
  const election = config.leaderElection;
  if (election) {
    const lease = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const resourceNames = [election.name, deliveredLeaseName(election)];
    // Who may create something can't be told its name.
    add(election.namespace, { ...lease, verbs: ['create'] });
    add(election.namespace, { ...lease, resourceNames, verbs: ['get', 'update'] });
  }
  return roles;
}

type Reads = Map<string, Map<string, Set<string>>>;

/** Resources to read, by scope and group. What may be read everywhere is not named again for a namespace. */
async function readsOf(config: WatcherConfig, resolve: (target: Target) => Promise<RoleResource>): Promise<Reads> {
  const reads: Reads = new Map();
  const wanted: { scope: string; group: string; resource: string }[] = [];
  for (const { target, namespaces } of kindsOf(config)) {
    const { resource, namespaced } = await resolve(target);
    for (const scope of namespaced && namespaces !== '*' ? namespaces : ['*']) {
      wanted.push({ scope, group: target.group, resource });
    }
  }
  const everywhere = new Set(
    wanted.filter(({ scope }) => scope === '*').map(({ group, resource }) => `${group}/${resource}`),
  );
  for (const { scope, group, resource } of wanted) {
    if (scope !== '*' && everywhere.has(`${group}/${resource}`)) continue;
    const groups = reads.get(scope) ?? new Map<string, Set<string>>();
    reads.set(scope, groups.set(group, (groups.get(group) ?? new Set()).add(resource)));
  }
  return reads;
}

interface Wanted {
  readonly target: Target;
  readonly namespaces: '*' | readonly string[];
}

/** The kinds that a configuration names, each with where. */
function kindsOf({ watches, subscriptions, relations, onDemandWatch }: WatcherConfig): Wanted[] {
  const onDemand = onDemandWatch.mode === 'allow' ? onDemandWatch.only.flatMap(exactTarget) : [];
  return [
    ...watches,
    ...subscriptions.map(({ match }) => match),
    ...[...onDemand, ...(relations === '*' ? [] : relations.flatMap(kindsOfRelation))].map((target) => ({
      target,
      namespaces: '*' as const,
    })),
  ];
}

/** The kinds of a relation that is always there; others are a matter of the program that made them. */
function kindsOfRelation(name: string): Target[] {
  const links = builtInRelations.find((relation) => relation.name === name)?.links ?? [];
  return links.flatMap(({ from, to }) =>
    [from, to].map(({ group = '', version, kind }) => ({ group, kind, ...(version !== undefined && { version }) })),
  );
}

/** The kind that a pattern names; none, if it may be several. */
function exactTarget(pattern: string): Target[] {
  const parts = pattern.split('/');
  if (pattern.includes('*') || parts.length === 1) return [];
  const [group, version, kind] = parts.length === 3 ? parts : ['', ...parts];
  return [{ group: group!, version: version!, kind: kind! }];
}

/** Whether queries may bring in kinds that no rule names. */
export function allowsMore({ onDemandWatch: { mode, only } }: WatcherConfig): boolean {
  return mode === 'allow' && only.some((pattern) => exactTarget(pattern).length === 0);
}
