import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/index.ts';
import { type AccessReview, ApiServer } from '../../src/testing/index.ts';
import type { Io } from '../../src/watcher/cli/io.ts';
import { run } from '../../src/watcher/cli/run.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kube-informer-'));
});

afterEach(() => rm(directory, { recursive: true }));

/** Runs the command. What it printed grows while it runs. */
function command(args: readonly string[], io: Partial<Io> = {}) {
  const printed = { out: '', err: '' };
  const code = run(args, {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    env: {},
    directory,
    clock: systemClock,
    ...io,
  });
  return { printed, code };
}

function configure(config: WatcherConfigInput): Promise<void> {
  return writeFile(join(directory, 'config.json'), JSON.stringify(config));
}

describe('kube-informer watcher', () => {
  test('S003-01, S003-53: serves what its configuration says until it is told to stop, and ends with 0', async () => {
    await using server = await ApiServer.start();
    server.create(pod('a'));
    await configure({ server: { port: 0 }, watches: [watchPods] });
    const stopping = new AbortController();
    const { printed, code } = command(['watcher'], { cluster: server.kubeConfig(), signal: stopping.signal });
    await until(() => printed.err.includes('"ready"'));
    const lines = () =>
      printed.err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const { url } = lines()[0];
    const list = (await (await fetch(`${url}/cache/api/v1/pods`)).json()) as { items: unknown[] };
    expect(list.items).toHaveLength(1);
    stopping.abort();
    expect(await code).toBe(0);
    expect(lines().map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info listening',
      'info ready',
      'info stopping',
    ]);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('S003-53: ends with 2 and says which file it looked for, if there is none', async () => {
    const { printed, code } = command(['watcher'], { env: { CONFIG_FILE_PATH: '/absent/config.json' } });
    expect(await code).toBe(2);
    expect(printed.err).toContain(
      "/absent/config.json can't be used:\n  there is no such file (--config, CONFIG_FILE_PATH)",
    );
    const byDefault = command(['watcher']);
    expect(await byDefault.code).toBe(2);
    expect(byDefault.printed.err).toContain('neither --config nor CONFIG_FILE_PATH names another');
  });

  test('S003-53: ends with 2 for a configuration that is wrong, with 1 for an address that is taken', async () => {
    await configure({ server: { host: '0.0.0.0' } });
    expect(await command(['watcher']).code).toBe(2);
    await using world = await rig();
    await configure({ server: { port: Number(new URL(world.watcher.url).port) } });
    const { printed, code } = command(['watcher'], { cluster: world.server.kubeConfig() });
    expect(await code).toBe(1);
    expect(printed.err).toContain('EADDRINUSE');
  });

  test('S003-62: logs for people as well as for machines, and only from the level on that is set', async () => {
    await using server = await ApiServer.start();
    const lines = async (logging: NonNullable<WatcherConfigInput['logging']>) => {
      await configure({ server: { port: 0 }, logging });
      const { printed, code } = command(['watcher'], { cluster: server.kubeConfig(), signal: AbortSignal.abort() });
      expect(await code).toBe(0);
      return printed.err;
    };
    expect(await lines({ format: 'pretty' })).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}listening url=http:\/\/127\.0\.0\.1:\d+ /,
    );
    expect(JSON.parse((await lines({ format: 'json' })).split('\n')[0]!)).toMatchObject({
      level: 'info',
      message: 'listening',
    });
    expect(await lines({ level: 'warn' })).toBe('');
  });
});

describe('kube-informer rbac', () => {
  const watches = [
    watchPods,
    { name: 'deploys', target: { group: 'apps', version: 'v1', kind: 'Deployment' }, namespaces: ['web', 'db'] },
    { name: 'maps', target: { version: 'v1', kind: 'ConfigMap' }, namespaces: ['web'] },
  ];

  async function rules(config: WatcherConfigInput): Promise<string[]> {
    await configure(config);
    const { printed, code } = command(['rbac', '--name', 'grw']);
    expect(await code).toBe(0);
    const { items } = JSON.parse(printed.out) as {
      items: { kind: string; metadata: { namespace?: string }; rules?: Rule[] }[];
    };
    return items.flatMap(({ kind, metadata, rules = [] }) =>
      rules.map(
        ({ apiGroups, resources, verbs }) => `${kind} ${metadata.namespace ?? '*'}: ${apiGroups} ${resources} ${verbs}`,
      ),
    );
  }

  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }

  test('S003-08: prints roles for exactly what is configured', async () => {
    expect(await rules({ watches, discovery: { followCrds: false } })).toEqual([
      'ClusterRole *:  pods get,list,watch',
      'Role web: apps deployments get,list,watch',
      'Role web:  configmaps get,list,watch',
      'Role db: apps deployments get,list,watch',
    ]);
    expect(await rules({ server: { auth: { type: 'tokenReview' } }, discovery: { followCrds: true } })).toEqual([
      'ClusterRole *: apiextensions.k8s.io customresourcedefinitions get,list,watch',
      'ClusterRole *: apiregistration.k8s.io apiservices get,list,watch',
      'ClusterRole *: authentication.k8s.io tokenreviews create',
      'ClusterRole *: authorization.k8s.io subjectaccessreviews create',
    ]);
  });

  test('S003-08: names the kinds of subscriptions and of queries, and nothing twice', async () => {
    const target = { version: 'v1', kind: 'Pod' };
    const sinks = [{ type: 'webhook' as const, url: 'https://example.com/' }];
    const config: WatcherConfigInput = {
      watches: [{ name: 'maps', target: { version: 'v1', kind: 'ConfigMap' } }],
      subscriptions: [
        { name: 'a', match: { target, namespaces: ['web'] }, sinks },
        { name: 'b', match: { target: { version: 'v1', kind: 'ConfigMap' }, namespaces: ['web'] }, sinks },
      ],
      onDemandWatch: { only: ['batch/v1/Job', 'apps/*'] },
      discovery: { followCrds: false },
    };
    expect(await rules(config)).toEqual([
      'ClusterRole *:  configmaps get,list,watch',
      'ClusterRole *: batch jobs get,list,watch',
      'Role web:  pods get,list,watch',
    ]);
  });

  test('S003-08: names the kinds of relations that are named, and of no others', async () => {
    const relations = (names: string[]) => rules({ relations: names, discovery: { followCrds: false } });
    expect(await relations(['deployment-tree'])).toEqual([
      'ClusterRole *: apps deployments,replicasets get,list,watch',
      'ClusterRole *:  pods get,list,watch',
    ]);
    expect(await relations([])).toEqual([]);
  });

  test('S003-08: names the Leases of the election, where they are', async () => {
    const leaderElection = { namespace: 'ops', name: 'grw' };
    expect(await rules({ leaderElection, discovery: { followCrds: false }, onDemandWatch: { mode: 'deny' } })).toEqual([
      'Role ops: coordination.k8s.io leases create',
      'Role ops: coordination.k8s.io leases get,update',
    ]);
  });

  test('S003-08: with them, and nothing else allowed, the service gets ready', async () => {
    const granted = new Set(['*/pods', 'web/deployments', 'db/deployments', 'web/configmaps']);
    const refused: AccessReview[] = [];
    const authorize = (review: AccessReview) => {
      const allowed = granted.has(`*/${review.resource}`) || granted.has(`${review.namespace}/${review.resource}`);
      if (!allowed) refused.push(review);
      return allowed;
    };
    await using world = await rig({ server: { authorize }, config: { watches, discovery: { followCrds: false } } });
    expect((await world.get('/readyz')).status).toBe(200);
    expect(refused).toEqual([]);
  });
});

describe('the roles of a whole service', () => {
  interface Role {
    readonly kind: string;
    readonly metadata: { readonly namespace?: string };
    readonly rules?: readonly {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly resourceNames?: readonly string[];
      readonly verbs: readonly string[];
    }[];
  }

  test('S003-08: are enough for watches, subscriptions and the election, and nothing else is ever asked for', async () => {
    const config: WatcherConfigInput = {
      watches: [{ ...watchPods, namespaces: ['web'] }],
      egress: { allow: ['127.0.0.1'] },
      subscriptions: [
        {
          name: 'maps',
          match: { target: { version: 'v1', kind: 'ConfigMap' }, namespaces: ['web', 'db'] },
          sinks: [{ type: 'webhook', url: 'http://127.0.0.1:9/' }],
        },
      ],
      leaderElection: { namespace: 'ops', name: 'grw', leaseSeconds: 15 },
    };
    await configure(config);
    const { printed, code } = command(['rbac']);
    expect(await code).toBe(0);
    const roles = (JSON.parse(printed.out) as { items: Role[] }).items.filter(({ rules }) => rules);
    const refused: AccessReview[] = [];
    const authorize = (review: AccessReview) => {
      const { verb, group, resource, namespace, name } = review;
      if (resource === '') return true;
      const allowed = roles.some(
        ({ kind, metadata, rules = [] }) =>
          (kind === 'ClusterRole' || metadata.namespace === namespace) &&
          rules.some(
            ({ apiGroups, resources, resourceNames, verbs }) =>
              apiGroups.includes(group) &&
              resources.includes(resource) &&
              verbs.includes(verb) &&
              (resourceNames === undefined || resourceNames.includes(name)),
          ),
      );
      if (!allowed) refused.push(review);
      return allowed;
    };
    await using world = await rig({ server: { authorize }, config });
    expect((await world.get('/readyz')).status).toBe(200);
    const held = () => world.server.get('leases.coordination.k8s.io', 'ops', 'grw-delivered') !== undefined;
    while (!held()) await world.clock.advance(1_000);
    await world.clock.advance(30_000);
    expect(refused).toEqual([]);
    expect(world.watcher.kinds().map(({ key, phase }) => `${key}: ${phase}`)).toEqual([
      'v1/pods namespaces=web: live',
      'v1/configmaps namespaces=db,web: live',
    ]);
  });
});

describe('kube-informer', () => {
  test('S003-54: schema prints what a configuration may say', async () => {
    const { printed, code } = command(['schema']);
    expect(await code).toBe(0);
    expect(JSON.parse(printed.out)).toMatchObject({
      $id: 'https://kube-informer.dev/schemas/watcher-config.v1.json',
      properties: { watches: { type: 'array' }, server: { type: 'object' } },
    });
  });

  test('S003-04: query asks a service that runs, by short names too', async () => {
    await using world = await rig({
      seed: (server) => void server.seed([pod('a', { labels: { app: 'x' } }), pod('b')]),
    });
    const ask = (...args: string[]) => command(['query', '--server', world.watcher.url, ...args]);
    const list = ask('po', '-n', 'web', '-l', 'app=x');
    expect(await list.code).toBe(0);
    expect(JSON.parse(list.printed.out).items).toHaveLength(1);
    const one = ask('pod', 'b', '-n', 'web');
    expect(await one.code).toBe(0);
    expect(JSON.parse(one.printed.out).metadata.name).toBe('b');
    const none = ask('pods', 'c', '-n', 'web');
    expect(await none.code).toBe(1);
    expect(none.printed.err).toContain('pods "c" not found');
  });

  test('S003-53: says how it is used, and that there is no such command', async () => {
    expect(await command([]).code).toBe(2);
    expect(await command(['--help']).code).toBe(0);
    const { printed, code } = command(['watch']);
    expect(await code).toBe(2);
    expect(printed.err).toContain('there is no command watch');
    expect(await command(['watcher', '--nope']).code).toBe(2);
  });
});
