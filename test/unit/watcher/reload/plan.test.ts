import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../../src/watcher/config/index.ts';
import type { WatcherConfigInput } from '../../../../src/watcher/index.ts';
import { isEmptyPlan, planReload } from '../../../../src/watcher/reload/plan.ts';

type Watch = NonNullable<WatcherConfigInput['watches']>[number];
type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

const names = ['a', 'b', 'c', 'd'];

const watch = (name: string): fc.Arbitrary<Watch> =>
  fc.record({
    name: fc.constant(name),
    target: fc.constantFrom({ version: 'v1', kind: 'Pod' }, { version: 'v1', kind: 'ConfigMap' }),
    namespaces: fc.constantFrom<'*' | string[]>('*', ['web'], ['web', 'ops']),
    labelSelector: fc.constantFrom('', 'app=web'),
    drop: fc.constantFrom(['metadata.managedFields'], ['status']),
    indexes: fc.constantFrom([], [{ name: 'byNode', path: 'spec.nodeName' }]),
  });

const subscription = (name: string): fc.Arbitrary<Subscription> =>
  fc.record({
    name: fc.constant(name),
    match: fc.record({
      target: fc.constant({ version: 'v1', kind: 'Pod' }),
      labelSelector: fc.constantFrom('', 'app=web'),
    }),
    sinks: fc
      .constantFrom('https://one.example/', 'https://two.example/')
      .map((url) => [{ type: 'webhook' as const, url }]),
  });

const some = <T>(make: (name: string) => fc.Arbitrary<T>) =>
  fc.subarray(names).chain((chosen) => fc.tuple(...chosen.map(make)) as unknown as fc.Arbitrary<T[]>);

const config = fc.record({
  watches: some(watch),
  subscriptions: some(subscription),
  onDemandWatch: fc.constantFrom({}, { maxKinds: 3 }),
  logging: fc.constantFrom({}, { level: 'debug' as const }),
  query: fc.constantFrom({}, {}, {}, { maxWaitMs: 1 }),
});

/** What a list is after a difference was applied to it: the meaning of a plan. */
function applied<T extends { readonly name: string }>(
  list: readonly T[],
  { added, replaced, removed }: { added: readonly T[]; replaced: readonly T[]; removed: readonly string[] },
): Map<string, T> {
  const result = new Map(list.map((each) => [each.name, each]));
  for (const name of removed) result.delete(name);
  for (const each of [...added, ...replaced]) result.set(each.name, each);
  return result;
}

const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
  new Map(list.map((each) => [each.name, each]));

describe('the plan of a reload', () => {
  it('leads from one configuration to the other, and touches nothing twice', () => {
    fc.assert(
      fc.property(config, config, (one, other) => {
        const [from, to] = [checkConfig(one), checkConfig(other)];
        const plan = planReload(from, to);
        expect(applied(from.watches, plan.watches)).toEqual(byName(to.watches));
        expect(applied(from.subscriptions, plan.subscriptions)).toEqual(byName(to.subscriptions));
        for (const [{ added, replaced, removed, unchanged }, before, after] of [
          [plan.watches, from.watches, to.watches],
          [plan.subscriptions, from.subscriptions, to.subscriptions],
        ] as const) {
          const all = [...added.map(({ name }) => name), ...replaced.map(({ name }) => name), ...removed, ...unchanged];
          expect(all.toSorted()).toEqual([...new Set([...before, ...after].map(({ name }) => name))].toSorted());
          for (const name of unchanged)
            expect(byName<object & { name: string }>([...before]).get(name)).toEqual(
              byName<object & { name: string }>([...after]).get(name),
            );
        }
        expect(plan.settings.includes('onDemandWatch')).toBe(from.onDemandWatch.maxKinds !== to.onDemandWatch.maxKinds);
        expect(plan.settings.includes('logging')).toBe(from.logging.level !== to.logging.level);
        expect(plan.restart.includes('query')).toBe(from.query.maxWaitMs !== to.query.maxWaitMs);
      }),
    );
  });

  it('from a configuration to itself, in whatever order, is empty', () => {
    fc.assert(
      fc.property(config, (one) => {
        const turned = { ...one, watches: one.watches.toReversed(), subscriptions: one.subscriptions.toReversed() };
        expect(isEmptyPlan(planReload(checkConfig(one), checkConfig(turned)))).toBe(true);
      }),
    );
  });

  it.each<[string, WatcherConfigInput, string[]]>([
    ['another port', { server: { port: 1 } }, ['server.port']],
    ['another cluster', { cluster: { id: 'other', kubeconfig: 'x' } }, ['cluster']],
    ['another kind of authentication', { server: { auth: { type: 'tokenReview' } } }, ['server.auth.type']],
    ['other Secrets', { secrets: 'redacted' }, ['secrets']],
    ['an election', { leaderElection: { namespace: 'ops' } }, ['leaderElection']],
    ['hosts that may be told', { egress: { allow: ['x'] } }, ['egress']],
    ['a schema', { $schema: 'x' }, []],
  ])('%s: says what needs a new process', (_what, to, paths) => {
    expect(planReload(checkConfig({}), checkConfig(to)).restart).toEqual(paths);
  });

  it('says so of a watch whose objects are cut in another way, but not of one that moves to another collection as well', () => {
    const pods = { name: 'pods', target: { version: 'v1', kind: 'Pod' } };
    const plan = (to: Watch) => planReload(checkConfig({ watches: [pods] }), checkConfig({ watches: [to] }));
    expect(plan({ ...pods, drop: ['status'] }).restart).toEqual(['watches.pods']);
    expect(plan({ ...pods, maxObjects: 3 }).restart).toEqual(['watches.pods']);
    expect(plan({ ...pods, indexes: [{ name: 'n', path: 'spec.nodeName' }] }).restart).toEqual([]);
    expect(plan({ ...pods, drop: ['status'], namespaces: ['web'] }).restart).toEqual([]);
  });

  it('takes another token, and not another way to check it, while it runs', () => {
    const auth = (token: string) => ({ server: { auth: { type: 'token' as const, tokens: [{ name: 'a', token }] } } });
    const plan = planReload(checkConfig(auth('0123456789abcdef')), checkConfig(auth('fedcba9876543210')));
    expect([plan.settings, plan.restart]).toEqual([['server.auth'], []]);
  });
});
