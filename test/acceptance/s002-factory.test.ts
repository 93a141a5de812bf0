import { keyOf, runUntil, SharedIndexInformer, splitKey, waitForCacheSync } from 'kube-informer';
import { FakeClock } from 'kube-informer/testing';
import { describe, expect, test } from 'vitest';
import { line, pass, pod, pods, quiet, requestsOf, rig, until } from './s002-rig.ts';
import { typeCheck } from './s002-type-check.ts';

const podRef = { group: '', version: 'v1', resource: 'pods' };
const deploymentRef = { group: 'apps', version: 'v1', resource: 'deployments' };

describe('a factory', () => {
  test('S002-02 gives the same informer for the same resource, and lists and watches each resource once', async () => {
    await using at = await rig({ factory: { streamInitialState: false } });
    const podInformer = at.factory.forResource(podRef);
    const deployments = at.factory.forResource(deploymentRef);
    expect(at.factory.forResource(podRef)).toBe(podInformer);
    expect(at.factory.core.v1.pods()).toBe(podInformer);
    expect(at.factory.forResource(deploymentRef)).toBe(deployments);
    expect(deployments).not.toBe(podInformer);
    at.factory.start();
    await until(() => at.server.watches === 2, 'two watches are open');
    await quiet();
    expect(requestsOf(at.server, 'pods')).toEqual(['list', 'watch']);
    expect(requestsOf(at.server, 'deployments')).toEqual(['list', 'watch']);
  });

  test('S002-05 hands its resync period down to every informer', async () => {
    await using at = await rig({ factory: { resyncPeriod: 30_000 } });
    at.server.seed(pods(2));
    const heard: string[] = [];
    at.factory.core.v1.pods().addEventHandler((event) => heard.push(line(event)));
    at.factory.start();
    await until(() => heard.length === 2, 'both pods arrived');
    await pass(at.clock, 29_000);
    expect(heard).toHaveLength(2);
    await pass(at.clock, 2_000);
    expect(heard.slice(2)).toEqual(['update default/pod-0000 (resync)', 'update default/pod-0001 (resync)']);
  });

  test('S002-06 types the objects of an accessor and of a definition all the way into the handlers', async () => {
    const program = `
      import { defineResource, type KubeConfigLike, type KubeObject, SharedInformerFactory } from 'kube-informer';
      declare const config: KubeConfigLike;
      type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
      const yes = <T extends true>(_claim?: T) => undefined;
      interface Widget extends KubeObject { spec: { colour: string } }
      const factory = new SharedInformerFactory(config);
      factory.core.v1.pods().addEventHandler({
        onAdd(pod) {
          const nodeName = pod.spec?.nodeName;
          yes<Equal<typeof nodeName, string | undefined>>();
          // @ts-expect-error no such field
          pod.spec?.nodeNames;
          // @ts-expect-error objects of the cache are read-only
          pod.metadata.labels = {};
        },
      });
      const widgets = factory.forResource(defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' }));
      const widget = widgets.lister.get('default', 'blue');
      const colour = widget?.spec.colour;
      yes<Equal<typeof colour, string | undefined>>();
      // @ts-expect-error there is no such resource
      factory.core.v1.podz();
    `;
    const found = await typeCheck(program, program.replace('string | undefined>>();', 'string>>();'));
    expect(found.program).toBe('');
    // The check itself can fail.
    expect(found.broken).toContain('error TS');
    await using at = await rig();
    at.server.create(pod('a'));
    const nodes: unknown[] = [];
    at.factory.core.v1.pods().addEventHandler({ onAdd: (object) => nodes.push(object.spec?.nodeName) });
    at.factory.start();
    await until(() => nodes.length === 1, 'the pod arrived');
    expect(nodes).toEqual(['node-1']);
  }, 60_000);

  test('S002-07 replays the cache as updates every 30 s, each handler at its own pace, and sends no request for it', async () => {
    await using at = await rig({ factory: { resyncPeriod: 30_000 } });
    at.server.seed(pods(10));
    const informer = at.factory.core.v1.pods();
    const often: string[] = [];
    const seldom: string[] = [];
    const same: boolean[] = [];
    informer.addEventHandler((event) => {
      often.push(line(event));
      if (event.type === 'update' && event.isResync) same.push(event.oldObject === event.object);
    });
    informer.addEventHandler((event) => seldom.push(line(event)), { resyncPeriod: 45_000 });
    informer.addEventHandler(() => undefined, { resyncPeriod: 0 });
    at.factory.start();
    await until(() => informer.hasSynced(), 'synced');
    await until(() => often.length === 10 && seldom.length === 10, 'all pods arrived');
    const before = at.server.requests.length;
    await pass(at.clock, 91_000);
    const all = pods(10).map(({ metadata }) => `update default/${metadata.name} (resync)`);
    expect(often.slice(10)).toEqual([...all, ...all, ...all]);
    expect(seldom.slice(10)).toEqual([...all, ...all]);
    expect(same).toHaveLength(30);
    expect(same.every(Boolean)).toBe(true);
    expect(at.server.requests.length).toBe(before);
  });

  test('S002-07 refuses a resync period under a second', async () => {
    await using at = await rig();
    expect(() => at.factory.core.v1.pods({ resyncPeriod: 500 })).toThrowError(
      expect.objectContaining({ code: 'InvalidOption' }),
    );
  });

  test('S002-10 ends everything with the signal that it was started with', async () => {
    await using at = await rig({ factory: { resyncPeriod: 30_000 } });
    at.server.seed(pods(3));
    const informer = at.factory.core.v1.pods();
    const deployments = at.factory.apps.v1.deployments();
    let heard = 0;
    const registration = informer.addEventHandler(() => heard++);
    const stopping = new AbortController();
    at.factory.start(stopping.signal);
    await at.factory.waitForCacheSync();
    await registration.ready;
    expect(at.server.watches).toBe(2);
    stopping.abort();
    await informer.done;
    await deployments.done;
    await registration.closed;
    await until(() => at.server.watches === 0, 'no watch is open');
    expect(informer.status().phase).toBe('stopped');
    const requests = at.server.requests.length;
    at.server.create(pod('later'));
    await pass(at.clock, 120_000, 10_000);
    expect(heard).toBe(3);
    expect(at.server.requests.length).toBe(requests);
    await at.factory.stop();
    await until(() => at.server.connections === 0, 'no connection is open');
    expect(at.clock.pendingTimers).toBe(0);
  });

  test('S002-11 starts on a second call only what was asked for since the first', async () => {
    await using at = await rig({ factory: { streamInitialState: false } });
    const first = at.factory.core.v1.pods();
    at.factory.start();
    await until(() => first.hasSynced() && at.server.watches === 1, 'pods are watched');
    const second = at.factory.core.v1.configmaps();
    await quiet();
    expect(requestsOf(at.server, 'configmaps')).toEqual([]);
    at.factory.start();
    await until(() => second.hasSynced() && at.server.watches === 2, 'config maps are watched');
    await quiet();
    expect(requestsOf(at.server, 'pods')).toEqual(['list', 'watch']);
    expect(requestsOf(at.server, 'configmaps')).toEqual(['list', 'watch']);
  });

  test('S002-12 tells true when the caches have synced, and false when waiting is aborted', async () => {
    await using at = await rig();
    at.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    const informer = at.factory.core.v1.pods();
    const stuck = at.factory.core.v1.configmaps();
    at.factory.start();
    expect(await waitForCacheSync(undefined, informer)).toBe(true);
    const waiting = new AbortController();
    const answers: string[] = [];
    const both = waitForCacheSync(waiting.signal, informer, stuck).then((synced) =>
      answers.push(synced ? 'cache is synced' : 'cache is not synced'),
    );
    await quiet();
    expect(answers).toEqual([]);
    waiting.abort();
    await both;
    expect(answers).toEqual(['cache is not synced']);
    const each = await at.factory.waitForCacheSync({ signal: waiting.signal });
    expect([...each.values()].sort()).toEqual([false, true]);
    expect(each.get(informer.name)).toBe(true);
    expect(each.get(stuck.name)).toBe(false);
  });
});

describe('around it', () => {
  test('S002-13 runs a function at once and every 10 s until aborted, without overlap, reporting what it throws', async () => {
    const clock = new FakeClock();
    const start = clock.now();
    const stopping = new AbortController();
    const runs: number[] = [];
    const failures: string[] = [];
    const ended = runUntil(
      () => {
        runs.push((clock.now() - start) / 1_000);
        if (runs.length === 2) throw new Error('no luck');
      },
      10_000,
      { signal: stopping.signal, clock, onError: (error) => failures.push(String((error.cause as Error).message)) },
    );
    await clock.advance(25_000);
    expect(runs).toEqual([0, 10, 20]);
    expect(failures).toEqual(['no luck']);
    stopping.abort();
    await ended;
    await clock.advance(60_000);
    expect(runs).toEqual([0, 10, 20]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('S002-13 lets a slow run finish: sliding waits a whole period after it, fixed keeps to the beat', async () => {
    const beats = async (mode: 'sliding' | 'fixed') => {
      const clock = new FakeClock();
      const start = clock.now();
      const stopping = new AbortController();
      const runs: number[] = [];
      let at = 0;
      let most = 0;
      const ended = runUntil(
        async () => {
          most = Math.max(most, ++at);
          runs.push((clock.now() - start) / 1_000);
          await new Promise<void>((resolve) => clock.setTimer(resolve, 4_000));
          at--;
        },
        10_000,
        { signal: stopping.signal, clock, mode },
      );
      await clock.advance(35_000);
      stopping.abort();
      await clock.advance(10_000);
      await ended;
      expect(most).toBe(1);
      return runs;
    };
    expect(await beats('sliding')).toEqual([0, 14, 28]);
    expect(await beats('fixed')).toEqual([0, 10, 20, 30]);
  });

  test('S002-15 makes the key of an object from namespace and name, without a slash for cluster-scoped ones, and back', async () => {
    await using at = await rig();
    const made = at.server.create(pod('nginx'));
    const node = at.server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' } });
    expect(keyOf(made)).toBe('default/nginx');
    expect(keyOf(node)).toBe('worker-1');
    expect(splitKey('default/nginx')).toEqual({ namespace: 'default', name: 'nginx' });
    expect(splitKey('worker-1')).toEqual({ namespace: '', name: 'worker-1' });
    expect(() => splitKey('a/b/c')).toThrowError(expect.objectContaining({ code: 'InvalidResource' }));
    const nodes = at.factory.core.v1.nodes();
    expect(nodes).toBeInstanceOf(SharedIndexInformer);
    at.factory.start();
    await nodes.waitForSync();
    expect([...nodes.indexer.keys()]).toEqual(['worker-1']);
  });
});
