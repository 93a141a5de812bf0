import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { SharedIndexInformer } from '../../../src/informer/index.ts';
import { watchRequest } from '../../../src/manager/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import {
  BuggyClient,
  conditionsOf,
  configMap,
  configMaps,
  line,
  owner,
  pass,
  quiet,
  recording,
  rig,
  until,
} from './rig.ts';

test('a source that stays silent is reconnected with growing pauses, not with each check', async () => {
  await using r = await rig({ staleAfter: 30_000, restart: { baseMs: 10_000, maxMs: 80_000, jitter: 0 } });
  r.server.create(configMap('a'));
  await r.manager.add({ owner: owner('x'), ...recording('a', []) });
  r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stallAfter', events: 0 } });
  r.server.closeWatches();
  await pass(r.clock, 300_000, 2_500);
  const [source] = r.manager.sources();
  expect(source!.reconnects).toBeGreaterThanOrEqual(2);
  expect(source!.reconnects).toBeLessThanOrEqual(8);
});

test('of two wishes of an owner the later one holds, also while the first still waits for what it added', async () => {
  await using r = await rig();
  r.server.create(configMap('a'));
  const lines: string[] = [];
  const want = (...names: string[]) =>
    r.manager.setDesired(
      owner('x'),
      names.map((name) => watchRequest(recording(name, lines, { handlersId: 'it' }))),
    );
  const [first] = await want('a');
  await until(() => lines.length === 1);
  r.server.faults.add({
    match: ({ query }) => query.get('fieldSelector') === 'metadata.name=b',
    action: { kind: 'stall' },
  });
  const earlier = want('b');
  await quiet();
  await want('a', 'b');
  await pass(r.clock, 31_000);
  await earlier;
  expect(r.manager.list()).toContain(first);
  expect(r.manager.list()).toHaveLength(2);
  r.server.update(configMap('a', '2'));
  await until(() => lines.length === 2);
});

test('a name whose new watch came to nothing stays with the old one, which the next takes the place of', async () => {
  await using r = await rig();
  for (const name of ['a', 'b', 'c']) r.server.create(configMap(name));
  const lines: string[] = [];
  const { key } = await r.manager.pin('it', recording('a', lines));
  r.server.faults.add({
    match: ({ query }) => query.get('fieldSelector') === 'metadata.name=b',
    action: { kind: 'stall' },
  });
  const failing = r.manager.pin('it', recording('b', lines, { syncTimeout: 5_000 }));
  const failed = expect(failing).rejects.toMatchObject({ code: 'SyncTimeout' });
  await pass(r.clock, 6_000);
  await failed;
  expect(r.manager.list().map((watch) => watch.key)).toEqual([key]);
  const next = await r.manager.pin('it', recording('c', lines));
  expect(r.manager.list().map((watch) => watch.key)).toEqual([next.key]);
});

test('a binding to owners that has ended is not kept', async () => {
  await using r = await rig();
  await using client = new KubeClient(r.server.kubeConfig(), { clock: r.clock });
  await using informer = new SharedIndexInformer({ listerWatcher: client.resource(configMaps), clock: r.clock });
  const bind = () => r.manager.reconcileOwners(informer, { group: '', kind: 'ConfigMap', requestsFor: () => [] });
  const ended = new WeakRef(bind());
  await ended.deref()!.stop();
  await quiet();
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  expect(ended.deref()).toBeUndefined();
});

test('a call that returns long after the end of its watch is followed by none, wherever the watch was about to move', async () => {
  await using r = await rig({ coalesceAbove: 1 });
  for (const name of ['a', 'b']) r.server.create(configMap(name));
  const calls: string[] = [];
  const late = Promise.withResolvers<void>();
  const handle = await r.manager.add({
    owner: owner('x'),
    target: { gvr: configMaps, namespace: 'shop', name: 'a' },
    handlers: (event) => {
      calls.push(line(event));
      return late.promise;
    },
  });
  await until(() => calls.length === 1);
  r.server.update(configMap('a', '2'));
  await quiet();
  await r.manager.add({ owner: owner('y'), ...recording('b', []) });
  await until(() => r.manager.sources().length === 1);
  const stopping = handle.stop();
  await pass(r.clock, 11_000);
  await stopping;
  late.resolve();
  await quiet();
  expect(calls).toEqual(['add a 1']);
});

test('whoever asks for a source that has just died has not synced before it is back', async () => {
  let client: BuggyClient | undefined;
  await using r = await rig((server, clock) => {
    client = new BuggyClient(server.kubeConfig(), { clock });
    return { client };
  });
  r.server.create(configMap('a'));
  await r.manager.add({ owner: owner('x'), ...recording(undefined, []) });
  client!.armed = true;
  r.server.update(configMap('a', '2'));
  await until(() => r.manager.sources()[0]?.verdict === 'dead');
  const lines: string[] = [];
  const { key } = await r.manager.add({ owner: owner('y'), ...recording(undefined, lines, { waitForSync: false }) });
  expect(conditionsOf(r.manager, key)).toMatchObject({ Synced: 'False Pending', Connected: 'False Restarting' });
  await pass(r.clock, 10_000);
  await until(() => lines.length === 1);
  expect(conditionsOf(r.manager, key)).toMatchObject({ Synced: 'True InitialState', Connected: 'True Watching' });
  await client!.close();
});
