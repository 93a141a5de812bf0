import {
  KubeClient,
  type KubeObject,
  keyOf,
  Reflector,
  type ReflectorStore,
  SharedIndexInformer,
  waitFor,
} from 'kube-informer';
import type { FaultAction } from 'kube-informer/testing';
import { describe, expect, test } from 'vitest';
import { line, pass, pod, pods, quiet, type Rig, requestsOf, rig, until } from './s002-rig.ts';

const podRef = { group: '', version: 'v1', resource: 'pods' };

/** Moves the clock on second by second until `condition` holds. */
async function inTime(at: Rig, condition: () => boolean, what: string, seconds = 1_200): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await quiet(20);
    if (condition()) return;
    await at.clock.advance(1_000);
  }
  throw new Error(`after ${seconds} s still not: ${what}`);
}

describe('requests', () => {
  test('S004-02 an idle informer does not poll: in an hour there are only the renewals of its watch', async () => {
    await using at = await rig();
    at.server.seed(pods(3));
    const informer = at.factory.core.v1.pods();
    let heard = 0;
    informer.addEventHandler(() => heard++);
    at.factory.start();
    await until(() => heard === 3, 'the pods arrived');
    at.server.requests.clear();
    await pass(at.clock, 3_600_000, 5_000);
    const requests = requestsOf(at.server, 'pods');
    expect(new Set(requests)).toEqual(new Set(['watch']));
    // A watch is agreed for 5 to 10 minutes.
    expect(requests.length).toBeGreaterThanOrEqual(6);
    expect(requests.length).toBeLessThanOrEqual(13);
    expect(at.server.requests.length).toBe(requests.length);
    expect(heard).toBe(3);
    expect(at.errors).toEqual([]);
    // And it is alive.
    at.server.create(pod('new'));
    await until(() => heard === 4, 'the new pod arrived');
  });

  test.each(['stream', 'list'])(
    'S004-04 ten reconnections of every kind without a change call no handler (%s)',
    async (how) => {
      await using at = await rig({ factory: { streamInitialState: how === 'stream' } });
      at.server.seed(pods(20));
      const informer = at.factory.core.v1.pods();
      const heard: string[] = [];
      const { ready } = informer.addEventHandler((event) => heard.push(line(event)));
      at.factory.start();
      await ready;
      expect(heard.splice(0)).toHaveLength(20);
      const before = informer.lister.get('default', 'pod-0000');
      at.server.requests.clear();
      for (let round = 0; round < 10; round++) {
        await until(() => at.server.watches === 1, 'the watch is open');
        // The connection breaks, the server ends the watch, and (every third time) has forgotten the past: a whole new state comes.
        if (round % 3 === 0) at.server.resetConnections();
        else if (round % 3 === 1) at.server.closeWatches();
        else {
          at.server.create({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `other-${round}`, namespace: 'default' },
          });
          await at.server.pauseListening();
          at.server.resetConnections();
          at.server.compact();
          await at.server.resumeListening();
        }
        await until(() => at.server.watches === 0, 'the watch is closed');
        await inTime(at, () => at.server.watches === 1 && informer.status().phase === 'live', 'it is live again');
      }
      const requests = requestsOf(at.server, 'pods');
      expect(requests.filter((verb) => verb === how).length).toBeGreaterThanOrEqual(3);
      expect(requests.filter((verb) => verb === 'watch').length).toBeGreaterThanOrEqual(7);
      expect(heard).toEqual([]);
      expect(informer.lister.get('default', 'pod-0000')).toBe(before);
    },
  );

  test("S004-05 a reflector alone keeps a store of one's own equal to the server", async () => {
    await using at = await rig();
    at.server.seed(pods(3));
    const mine = new Map<string, string>();
    const calls: string[] = [];
    const put = (how: string) => (object: KubeObject) => {
      calls.push(how);
      mine.set(keyOf(object), object.metadata.resourceVersion);
    };
    const store: ReflectorStore<KubeObject> = {
      add: put('add'),
      update: put('update'),
      delete: (object) => {
        calls.push('delete');
        mine.delete(keyOf(object));
      },
      forget: (key) => void mine.delete(key),
      replace: (objects) => {
        calls.push('replace');
        mine.clear();
        for (const object of objects) mine.set(keyOf(object), object.metadata.resourceVersion);
      },
      bookmark: () => calls.push('bookmark'),
    };
    await using client = new KubeClient(at.server.kubeConfig(), { clock: at.clock });
    const reflector = new Reflector<KubeObject>({
      listerWatcher: client.resource<KubeObject>(podRef),
      store,
      clock: at.clock,
    });
    const stopping = new AbortController();
    const ended = reflector.run(stopping.signal);
    await until(() => reflector.status.state.phase === 'live', 'live');
    at.server.create(pod('new'));
    at.server.touch('pods', 'default', 'new');
    at.server.delete('pods', 'default', 'pod-0000');
    await until(() => calls.includes('delete'), 'the deletion arrived');
    expect(calls.filter((call) => call !== 'bookmark')).toEqual(['replace', 'add', 'update', 'delete']);
    const theirs = () =>
      new Map(at.server.list<KubeObject>('pods').map((object) => [keyOf(object), object.metadata.resourceVersion]));
    expect(mine).toEqual(theirs());
    // The quiet server says how far it is.
    at.server.advanceResourceVersion();
    await pass(at.clock, 65_000, 5_000);
    expect(calls).toContain('bookmark');
    // Contact is lost; what happens meanwhile is made up for.
    await at.server.pauseListening();
    at.server.resetConnections();
    at.server.delete('pods', 'default', 'pod-0001');
    at.server.create(pod('newer'));
    at.server.compact();
    await at.server.resumeListening();
    await inTime(at, () => mine.has('default/newer'), 'the store has caught up');
    expect(mine).toEqual(theirs());
    stopping.abort();
    await ended;
    expect(reflector.status.state.phase).toBe('stopped');
  });

  test('S004-16 thirty seconds are the period of the replay, not of a query: resyncs cause no request', async () => {
    await using at = await rig({ factory: { resyncPeriod: 30_000 } });
    at.server.seed(pods(2));
    const informer = at.factory.core.v1.pods();
    let resyncs = 0;
    const { ready } = informer.addEventHandler((event) => {
      if (event.type === 'update' && event.isResync) resyncs++;
    });
    at.factory.start();
    await ready;
    at.server.requests.clear();
    await pass(at.clock, 92_000);
    expect(resyncs).toBe(3 * 2);
    expect(at.server.requests.length).toBe(0);
  });
});

describe('errors', () => {
  const status = (code: number): FaultAction => ({ kind: 'status', code });
  const transient: [string, FaultAction][] = [
    ...[400, 401, 403, 404, 405, 408, 410, 422, 429, 500, 502, 503, 504].map((code): [string, FaultAction] => [
      String(code),
      status(code),
    ]),
    ['a broken connection', { kind: 'reset' }],
    ['a break in the middle', { kind: 'resetAfter', bytes: 100 }],
    ['an answer that is no JSON', { kind: 'answer', body: '<html>', contentType: 'text/html' }],
    ['a truncated answer', { kind: 'endAfter', bytes: 100 }],
    ['silence', { kind: 'stall' }],
  ];

  test.each(transient)('S004-18 %s does not end an informer', async (_name, action) => {
    await using at = await rig();
    at.server.seed(pods(3));
    const fault = at.server.faults.add({ match: { resource: 'pods' }, times: 4, action });
    const informer = at.factory.core.v1.pods();
    let ended = false;
    informer.done.then(
      () => {
        ended = true;
      },
      () => {
        ended = true;
      },
    );
    at.factory.start();
    await inTime(at, () => informer.status().phase === 'live' && at.server.watches === 1, 'live', 3_600);
    expect(fault.hits).toBeGreaterThanOrEqual(2);
    expect(at.errors.length).toBeGreaterThanOrEqual(1);
    expect(informer.indexer.size).toBe(3);
    expect(ended).toBe(false);
    await informer.stop();
    expect(ended).toBe(true);
    await expect(informer.done).resolves.toBeUndefined();
  });

  test('S004-18 a stop ends it without an error', async () => {
    await using at = await rig();
    const informer = at.factory.core.v1.pods();
    const stopping = new AbortController();
    at.factory.start(stopping.signal);
    await informer.waitForSync();
    stopping.abort();
    await expect(informer.done).resolves.toBeUndefined();
    expect(informer.status().phase).toBe('stopped');
  });

  test('S004-18 so many failures in a row as it may have end it, with the last one as the cause', async () => {
    await using at = await rig({ factory: { maxFailures: 3, streamInitialState: false } });
    at.server.faults.add({
      match: { resource: 'pods' },
      action: { kind: 'status', code: 500, message: 'out of order' },
    });
    const informer = at.factory.core.v1.pods();
    const failure = informer.done.then(
      () => undefined,
      (error) => error,
    );
    at.factory.start();
    await inTime(at, () => informer.status().phase === 'failed', 'it has given up');
    expect(at.server.requests.count({ resource: 'pods' })).toBe(3);
    expect(await failure).toMatchObject({ code: 'ApiStatus', status: { code: 500 } });
    expect(informer.status().lastError).toBe(await failure);
    expect(() => informer.addEventHandler(() => undefined)).toThrowError(
      expect.objectContaining({ code: 'AlreadyStopped' }),
    );
  });

  test('S004-18 a configuration that no repetition can mend ends it at once', async () => {
    await using at = await rig();
    const broken = { getCurrentCluster: () => null, applyToHTTPSOptions: async () => undefined };
    await using client = new KubeClient(broken, { clock: at.clock });
    const informer = new SharedIndexInformer<KubeObject>({ listerWatcher: client.resource(podRef), clock: at.clock });
    informer.start();
    await expect(informer.done).rejects.toMatchObject({ code: 'InvalidKubeConfig' });
    expect(informer.status().phase).toBe('failed');
    expect(at.clock.pendingTimers).toBe(0);
  });

  test('S004-19 waiting for the sync says why it ended without one: aborted, too late, forbidden, not found', async () => {
    await using at = await rig();
    at.server.faults.add({
      match: { resource: 'secrets' },
      action: { kind: 'status', code: 403, reason: 'Forbidden' },
    });
    at.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    const stuck = at.factory.core.v1.configmaps();
    const secrets = at.factory.core.v1.secrets();
    const widgets = at.factory.forResource({ group: 'example.com', version: 'v1', resource: 'widgets' });
    at.factory.start();

    const waiting = new AbortController();
    const aborted = stuck.waitForSync({ signal: waiting.signal }).catch((error) => error);
    const late = stuck.waitForSync({ timeout: 5_000 }).catch((error) => error);
    const forbidden = secrets.waitForSync({ timeout: 5_000 }).catch((error) => error);
    const absent = widgets.waitForSync({ timeout: 5_000 }).catch((error) => error);
    await until(
      () => secrets.status().phase === 'suspended' && widgets.status().phase === 'suspended',
      'both were refused',
    );
    waiting.abort();
    expect(await aborted).toMatchObject({ code: 'SyncAborted' });
    expect((await aborted).cause).toBeUndefined();
    await pass(at.clock, 5_000);
    expect(await late).toMatchObject({ code: 'SyncTimeout' });
    expect((await late).cause).toBeUndefined();
    expect(await forbidden).toMatchObject({
      code: 'SyncTimeout',
      cause: { class: 'forbidden' },
      hint: expect.stringMatching(/role/i),
    });
    expect(await absent).toMatchObject({
      code: 'SyncTimeout',
      cause: { class: 'notFound' },
      hint: expect.stringMatching(/definition/i),
    });
    expect((await forbidden).message).toContain('403');
    // The end of the informer ends the waiting, too.
    const ended = stuck.waitForSync().catch((error) => error);
    await stuck.stop();
    expect(await ended).toMatchObject({ code: 'SyncAborted' });
  });

  test('S004-20 somebody waits for a state without asking for it again and again', async () => {
    await using at = await rig();
    at.server.create(pod('a'));
    const informer = at.factory.core.v1.pods();
    at.factory.start();
    await informer.waitForSync();
    at.server.requests.clear();
    const running = waitFor(informer, ({ object }) => object.status?.phase === 'Running', { clock: at.clock });
    await quiet();
    at.server.patchObject('pods', 'default', 'a', { status: { phase: 'Running' } });
    const event = await running;
    expect(event.type).toBe('update');
    expect(event.object.status?.phase).toBe('Running');
    // What is the case already is not waited for.
    expect((await waitFor(informer, ({ object }) => object.status?.phase === 'Running')).type).toBe('add');

    const never = { timeout: 10_000, clock: at.clock };
    const late = waitFor(informer, ({ type }) => type === 'delete', never).catch((error) => error);
    const waiting = new AbortController();
    const aborted = waitFor(informer, () => false, { signal: waiting.signal }).catch((error) => error);
    await pass(at.clock, 9_000);
    waiting.abort();
    expect(await aborted).toMatchObject({ code: 'SyncAborted' });
    await pass(at.clock, 1_000);
    expect(await late).toMatchObject({ code: 'SyncTimeout' });
    await quiet();
    expect(informer.status().handlers).toEqual([]);
    expect(at.server.requests.length).toBe(0);
  });
});
