import { describe, expect, it } from 'vitest';
import { until, world } from './s000-world.ts';

function definition(plural: string, kind: string, group = 'example.com') {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  };
}

const object = (kind: string, name: string) => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { namespace: 'shop', name },
});

describe('S000-22: the informers of a group and version', () => {
  it('are those of all its resources that can be listed and watched, and none of subresources', async () => {
    await using w = await world();
    const apps = w.factory.forGroupVersion('apps/v1');
    const core = w.factory.forGroupVersion('v1');
    expect(apps.informers.size).toBe(0);
    w.factory.start();
    await Promise.all([apps.waitForSync(), core.waitForSync()]);
    expect([...apps.informers.keys()].sort()).toEqual([
      'controllerrevisions',
      'daemonsets',
      'deployments',
      'replicasets',
      'statefulsets',
    ]);
    expect([...core.informers.keys()]).toContain('pods');
    expect(w.server.requests.all({ verb: 'watch' }).every(({ subresource }) => subresource === '')).toBe(true);
    expect([...(await w.factory.waitForCacheSync()).values()]).not.toContain(false);
    expect(w.errors).toEqual([]);
  });

  it('are none for what can only be created, or listed and not watched', async () => {
    await using w = await world();
    w.server.create(definition('widgets', 'Widget'));
    const resource = (name: string, ...verbs: string[]) => {
      const responseKind = { group: 'example.com', version: 'v1', kind: name };
      const subresources = [{ subresource: 'status', responseKind, verbs: ['get', 'list', 'watch'] }];
      return { resource: name, responseKind, scope: 'Namespaced', singularResource: '', verbs, subresources };
    };
    const resources = [
      resource('reviews', 'create'),
      resource('readings', 'get', 'list'),
      resource('widgets', 'list', 'watch'),
    ];
    const versions = [{ version: 'v1', freshness: 'Current', resources }];
    const items = [{ metadata: { name: 'example.com' }, versions }];
    const body = JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items });
    w.server.faults.add({ match: { path: '/apis' }, action: { kind: 'answer', body } });
    const group = w.factory.forGroupVersion('example.com/v1');
    w.factory.start();
    await group.waitForSync();
    expect([...group.informers.keys()]).toEqual(['widgets']);
  });

  it('are shared with whoever asks for one of them alone', async () => {
    await using w = await world();
    const apps = w.factory.forGroupVersion('apps/v1');
    w.factory.start();
    await apps.waitForSync();
    expect(apps.informers.get('deployments')).toBe(w.factory.apps.v1.deployments());
    expect(w.server.requests.count({ verb: 'watch', resource: 'deployments' })).toBe(1);
  });

  it('grow by themselves when a definition is added, with handlers from the first object on', async () => {
    await using w = await world();
    w.server.create(definition('widgets', 'Widget'));
    w.server.create(object('Widget', 'blue'));
    const heard: string[] = [];
    const group = w.factory.forGroupVersion('example.com/v1', {
      onInformer: (informer, { kind }) =>
        void informer.addEventHandler({ onAdd: ({ metadata }) => void heard.push(`${kind} ${metadata.name}`) }),
    });
    w.factory.start();
    await group.waitForSync();
    await until(() => w.server.requests.count({ verb: 'watch', resource: 'customresourcedefinitions' }) === 1);
    await until(() => heard.length === 1);

    w.server.create(definition('gadgets', 'Gadget'));
    w.server.create(definition('others', 'Other', 'other.com'));
    w.server.create(object('Gadget', 'green'));
    for (let tries = 0; tries < 20 && heard.length < 2; tries++) await w.clock.advance(100);
    await until(() => heard.length === 2);
    expect(heard).toEqual(['Widget blue', 'Gadget green']);
    expect([...group.informers.keys()]).toEqual(['widgets', 'gadgets']);
    expect(w.server.requests.count({ resource: 'others' })).toBe(0);
  });

  it('are found a minute later where definitions may not be watched', async () => {
    await using w = await world();
    w.server.create(definition('widgets', 'Widget'));
    const match = { resource: 'customresourcedefinitions' };
    w.server.faults.add({ match, action: { kind: 'status', code: 403 } });
    const group = w.factory.forGroupVersion('example.com/v1');
    w.factory.start();
    await group.waitForSync();
    w.server.create(definition('gadgets', 'Gadget'));
    await w.clock.advance(50_000);
    expect([...group.informers.keys()]).toEqual(['widgets']);
    await w.clock.advance(20_000);
    await until(() => group.informers.size === 2);
    expect(w.errors.map(({ code }) => code)).toContain('ApiStatus');
  });

  it('are looked for again when discovery fails, and a callback that throws keeps none of them away', async () => {
    await using w = await world();
    w.server.faults.add({ match: { path: /^\/apis?$/ }, times: 4, action: { kind: 'status', code: 503 } });
    const group = w.factory.forGroupVersion('apps/v1', {
      onInformer: () => {
        throw new Error('a mistake');
      },
    });
    w.factory.start();
    for (let tries = 0; tries < 50 && group.informers.size === 0; tries++) await w.clock.advance(1_000);
    await group.waitForSync();
    expect(group.informers.size).toBe(5);
    const messages = w.errors.map(({ message }) => message);
    expect(messages.filter((message) => message.includes('a mistake'))).toHaveLength(5);
    expect(messages.length).toBeGreaterThan(5);
  });

  it('end with the factory, also while it waits, and leave no timer', async () => {
    await using w = await world();
    const group = w.factory.forGroupVersion('apps/v1');
    const waiting = expect(group.waitForSync()).rejects.toMatchObject({ code: 'SyncAborted' });
    await w.factory.stop();
    await waiting;
    expect(() => w.factory.forGroupVersion('apps/v1')).toThrow(expect.objectContaining({ code: 'AlreadyStopped' }));

    await using other = await world();
    const apps = other.factory.forGroupVersion('apps/v1');
    const stopping = new AbortController();
    other.factory.start(stopping.signal);
    await apps.waitForSync();
    stopping.abort();
    await other.factory.stop();
    await other.server.close();
    expect(other.clock.pendingTimers).toBe(0);
  });

  it('are refused for what is no group and version', async () => {
    await using w = await world();
    expect(() => w.factory.forGroupVersion('apps/v1/deployments')).toThrow(
      expect.objectContaining({ code: 'InvalidResource' }),
    );
  });
});
