import type { KubeObject } from 'kube-informer';
import { describe, expect, test } from 'vitest';
import { line, pod, pods, quiet, rig, until } from './s002-rig.ts';

describe('handlers', () => {
  test('S002-08 can be removed in the middle of a burst, and are not called any more', async () => {
    await using at = await rig();
    at.server.create(pod('a'));
    const informer = at.factory.core.v1.pods();
    const kept: string[] = [];
    const removed: string[] = [];
    informer.addEventHandler((event) => kept.push(line(event)));
    let gone: Promise<void> | undefined;
    const registration = informer.addEventHandler((event) => {
      removed.push(line(event));
      if (removed.length === 10) gone = registration.remove();
    });
    expect(registration.hasSynced()).toBe(false);
    at.factory.start();
    await registration.ready;
    expect(registration.hasSynced()).toBe(true);
    for (let count = 0; count < 100; count++) at.server.touch('pods', 'default', 'a');
    await until(() => kept.length === 101, 'the other handler heard everything');
    await gone;
    await registration.closed;
    await quiet();
    expect(removed).toEqual(['add default/a (initial)', ...Array(9).fill('update default/a')]);
    expect(informer.status().handlers).toHaveLength(1);
  });

  test('S002-09 that come late get all present objects first, then what changes, in order', async () => {
    await using at = await rig();
    at.server.seed(pods(100));
    const informer = at.factory.core.v1.pods();
    at.factory.start();
    await informer.waitForSync();
    const heard: string[] = [];
    const registration = informer.addEventHandler((event) => heard.push(line(event)));
    at.server.create(pod('zz'));
    at.server.touch('pods', 'default', 'pod-0007');
    at.server.delete('pods', 'default', 'pod-0003');
    await registration.ready;
    await until(() => heard.length === 103, 'everything arrived');
    await quiet();
    const initial = pods(100).map(({ metadata }) => `add default/${metadata.name} (initial)`);
    expect(heard.slice(0, 100).sort()).toEqual(initial);
    expect(heard.slice(100)).toEqual(['add default/zz', 'update default/pod-0007', 'delete default/pod-0003']);
  });

  test('S002-14 are ready only when they have finished every object that was there', async () => {
    await using at = await rig();
    at.server.seed(pods(5));
    const informer = at.factory.core.v1.pods();
    const log: string[] = [];
    const gates: (() => void)[] = [];
    const registration = informer.addEventHandler({
      async onAdd(object) {
        await new Promise<void>((resolve) => gates.push(resolve));
        log.push(`handleAdd ${object.metadata.name}`);
      },
    });
    registration.ready.then(() => log.push('cache is synced', 'run'));
    at.factory.start();
    await informer.waitForSync();
    for (let count = 1; count <= 5; count++) {
      await until(() => gates.length === count, `call ${count} is under way`);
      await quiet(50);
      expect(gates).toHaveLength(count);
      expect(registration.hasSynced()).toBe(false);
      gates.at(-1)?.();
    }
    await until(() => log.includes('run'), 'ready');
    expect(log.slice(0, 5).sort()).toEqual(pods(5).map(({ metadata }) => `handleAdd ${metadata.name}`));
    expect(log.slice(5)).toEqual(['cache is synced', 'run']);
    expect(registration.hasSynced()).toBe(true);
  });

  test('S002-16 hear of a new pod as an add and then of its changes, in the order of the server', async () => {
    await using at = await rig();
    const informer = at.factory.core.v1.pods();
    const heard: string[] = [];
    informer.addEventHandler({
      onAdd: (object) => heard.push(`add ${object.status?.phase}`),
      onUpdate: (old, object) => heard.push(`update ${old.status?.phase} to ${object.status?.phase}`),
    });
    at.factory.start();
    await informer.waitForSync();
    at.server.create(pod('nginx'));
    at.server.patchObject('pods', 'default', 'nginx', { status: { phase: 'Running' } });
    at.server.patchObject('pods', 'default', 'nginx', { status: { phase: 'Succeeded' } });
    await until(() => heard.length === 3, 'three events');
    await quiet();
    expect(heard).toEqual(['add Pending', 'update Pending to Running', 'update Running to Succeeded']);
  });

  test('S002-17 hear of a deletion last; what comes back under its name is another object, never an update', async () => {
    await using at = await rig();
    const informer = at.factory.core.v1.pods();
    const heard: string[] = [];
    const uids: string[] = [];
    let mixed = 0;
    informer.addEventHandler((event) => {
      heard.push(line(event));
      uids.push(event.object.metadata.uid);
      if (event.type === 'update' && event.object.metadata.uid !== event.oldObject.metadata.uid) mixed++;
    });
    at.factory.start();
    await informer.waitForSync();
    at.server.create(pod('nginx'));
    at.server.delete('pods', 'default', 'nginx', { gracePeriodSeconds: 30 });
    at.server.patchObject('pods', 'default', 'nginx', { status: { phase: 'Succeeded' } });
    at.server.delete('pods', 'default', 'nginx');
    await until(() => heard.at(-1) === 'delete default/nginx', 'it is gone');
    await quiet();
    expect(heard[0]).toBe('add default/nginx');
    expect(heard.slice(1, -1).length).toBeGreaterThanOrEqual(2);
    expect(new Set(heard.slice(1, -1))).toEqual(new Set(['update default/nginx']));
    const before = heard.length;
    at.server.create(pod('nginx'));
    await until(() => heard.length === before + 1, 'it is back');

    // Unseen, while nobody is connected: still two objects.
    await at.server.pauseListening();
    at.server.resetConnections();
    at.server.delete('pods', 'default', 'nginx');
    at.server.create(pod('nginx'));
    at.server.compact();
    await at.server.resumeListening();
    for (let second = 0; second < 120 && heard.length < before + 3; second++) {
      await at.clock.advance(1_000);
      await quiet(20);
    }
    expect(heard.slice(before)).toEqual(['add default/nginx', 'delete default/nginx (unseen)', 'add default/nginx']);
    expect(uids.at(-1)).not.toBe(uids.at(-2));
    expect(uids.at(-1)).toBe(at.server.get<KubeObject>('pods', 'default', 'nginx')?.metadata.uid);
    expect(mixed).toBe(0);
  });

  test('S002-22 that write to an object of the cache fail at that line when objects are frozen', async () => {
    await using at = await rig({ factory: { immutability: 'freeze' } });
    at.server.create(pod('a', { labels: { app: 'web' } }));
    const informer = at.factory.core.v1.pods();
    const thrown: unknown[] = [];
    const { ready } = informer.addEventHandler((event) => {
      try {
        // A caller in JavaScript, or one who casts.
        (event.object.metadata.labels as Record<string, string>).x = 'y';
      } catch (error) {
        thrown.push(error);
      }
    });
    at.factory.start();
    await ready;
    expect(thrown).toEqual([expect.any(TypeError)]);
    expect(informer.lister.get('default', 'a')?.metadata.labels).toEqual({ app: 'web' });
  });

  test('S002-22 that write to an object of the cache are named, with the path, when modifications are detected', async () => {
    await using at = await rig({ factory: { immutability: 'detect' } });
    at.server.create(pod('a', { labels: { app: 'web' } }));
    const informer = at.factory.core.v1.pods();
    const reports: string[] = [];
    informer.on('error', (error) => reports.push(`${error.code}: ${error.message}`));
    informer.addEventHandler(() => undefined, { name: 'innocent' });
    const { ready } = informer.addEventHandler(
      (event) => {
        (event.object.metadata.labels as Record<string, string>).x = 'y';
      },
      { name: 'culprit' },
    );
    at.factory.start();
    await ready;
    await quiet();
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain('CacheModified');
    expect(reports[0]).toContain('metadata.labels.x');
    expect(reports[0]).toContain('culprit');
    expect(reports[0]).toContain('default/a');
  });
});
