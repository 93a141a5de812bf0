import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import { ApiServer, FakeClock, seededRandom, settle } from '../../src/testing/index.ts';
import { createWatcher, type Watcher, type WatcherConfigInput } from '../../src/watcher/index.ts';
import { eventually } from '../support/eventually.ts';
import { type HttpReceiver, httpReceiver } from '../support/http-receiver.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

interface CloudEvent {
  readonly type: string;
  readonly id: string;
  readonly initial?: boolean;
  readonly data: {
    readonly type: string;
    readonly object?: KubeObject;
    readonly connected?: boolean;
    readonly lastContact?: string;
    readonly resourceVersion?: string;
    readonly reason?: string;
  };
}

function events({ requests }: HttpReceiver): CloudEvent[] {
  return requests.map(({ body }) => JSON.parse(body));
}

/** `ADDED a`, `SYNCED`. */
function texts(hook: HttpReceiver): string[] {
  return events(hook).map(({ data }) => (data.object ? `${data.type} ${data.object.metadata.name}` : data.type));
}

function subscribe(hook: HttpReceiver, more: Partial<Subscription> = {}): WatcherConfigInput {
  const subscription: Subscription = {
    name: 'pods',
    match: { target: { version: 'v1', kind: 'Pod' } },
    sinks: [{ type: 'webhook', url: `${hook.url}/hook` }],
    ...more,
  };
  return { watches: [watchPods], egress: { allow: ['127.0.0.1'] }, subscriptions: [subscription] };
}

const remove = (server: ApiServer, name: string) => server.delete('pods', 'web', name, { gracePeriodSeconds: 0 });

describe('what a subscription starts with', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'watcher-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Two runs of a service on one server; the cluster changes between them. @returns what the second run tells. */
  async function secondRun(
    initial: Subscription['initial'],
    between: (server: ApiServer) => void | Promise<void>,
  ): Promise<{ readonly hook: HttpReceiver; readonly errors: readonly string[] } & AsyncDisposable> {
    const clock = new FakeClock();
    const server = await ApiServer.start({ clock, random: seededRandom(1) });
    server.seed(['same', 'changes', 'goes'].map((name) => pod(name)));
    const hook = await httpReceiver();
    const errors: string[] = [];
    const start = (): Promise<Watcher> =>
      createWatcher(
        { ...subscribe(hook, { initial }), persist: { dir }, server: { port: 0 } },
        { cluster: server.kubeConfig(), clock, random: () => 0, onError: ({ code }) => errors.push(code) },
      );
    const first = await start();
    await first.ready();
    // The first run tells of all that is there, or of what comes.
    server.create(pod('late'));
    await eventually(() => texts(hook).includes('ADDED late'));
    await eventually(() => first.subscriptions()[0]!.sinks[0]!.pendingNotices === 0);
    await first.stop();
    const before = hook.requests.length;
    await between(server);
    const second = await start();
    await second.ready();
    server.create(pod('last'));
    await eventually(() => texts(hook).slice(before).includes('ADDED last'));
    await eventually(() => second.subscriptions()[0]!.sinks[0]!.pendingNotices === 0);
    await second.stop();
    await server.close();
    return {
      hook: { ...hook, requests: hook.requests.slice(before) },
      errors,
      [Symbol.asyncDispose]: () => hook[Symbol.asyncDispose](),
    };
  }

  const changes = (server: ApiServer) => {
    server.touch('pods', 'web', 'changes');
    remove(server, 'goes');
    server.create(pod('new'));
  };

  test('S003-45: nothing but what changes', async () => {
    await using run = await secondRun('none', changes);
    expect(texts(run.hook)).toEqual(['ADDED last']);
    expect(events(run.hook).map(({ initial }) => initial)).toEqual([false]);
  });

  test('S003-45: all that is there, marked as such, and one event at its end', async () => {
    await using run = await secondRun('snapshot', changes);
    const told = texts(run.hook);
    expect(told.filter((one) => one !== 'ADDED last').sort()).toEqual([
      'ADDED changes',
      'ADDED late',
      'ADDED new',
      'ADDED same',
      'SYNCED',
    ]);
    const ofObjects = events(run.hook).filter(({ data }) => data.object);
    for (const { data, initial } of ofObjects) expect(initial).toBe(data.object!.metadata.name !== 'last');
    // The end comes after all that it is the end of.
    const initial = events(run.hook).map((event) => event.initial === true);
    expect(initial.lastIndexOf(true)).toBeLessThan(told.indexOf('SYNCED'));
  });

  test('S003-45: exactly what was missed since the last run: adds, updates, deletes, and nothing again', async () => {
    await using run = await secondRun('changes-since-last-run', changes);
    const told = texts(run.hook);
    expect(told.filter((one) => one !== 'ADDED last').sort()).toEqual([
      'ADDED new',
      'DELETED goes',
      'MODIFIED changes',
      'SYNCED',
    ]);
    expect(new Set(events(run.hook).map(({ id }) => id)).size).toBe(told.length);
  });

  test('S003-45: with a memory that was damaged, all that is there, and that something may be missing', async () => {
    await using run = await secondRun('changes-since-last-run', async () => {
      const [file] = await readdir(dir);
      const path = join(dir, file!);
      await writeFile(path, (await readFile(path, 'utf8')).replace('"changes"', '"chances"'));
    });
    const told = texts(run.hook).filter((one) => one !== 'ADDED last');
    expect(told.sort()).toEqual(['ADDED changes', 'ADDED goes', 'ADDED late', 'ADDED same', 'GAP', 'SYNCED']);
    expect(run.errors).toContain('PersistFailed');
  });

  test('S003-45: without a directory to write in nothing is told, which is reported; it begins when there is one', async () => {
    await using hook = await httpReceiver();
    const inTheWay = join(dir, 'memory');
    await writeFile(inTheWay, '');
    const config = { ...subscribe(hook, { initial: 'changes-since-last-run' }), persist: { dir: inTheWay } };
    await using world = await rig({ config, seed: (server) => void server.seed([pod('a')]) });
    await eventually(() => world.errors.some(({ code }) => code === 'PersistFailed'));
    expect(world.watcher.subscriptions()[0]!.lastError?.message).toContain(inTheWay);
    expect(hook.requests).toHaveLength(0);
    await rm(inTheWay);
    await eventually(async () => {
      await world.clock.advance(1_000);
      return texts(hook).includes('SYNCED');
    });
    expect(texts(hook)).toContain('ADDED a');
    expect(world.watcher.subscriptions()[0]!.lastError).toBeUndefined();
  });

  test('S003-45: a memory needs a place', async () => {
    await using hook = await httpReceiver();
    const config = subscribe(hook, { initial: 'changes-since-last-run' });
    await expect(rig({ config })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining('persist'),
    });
  });
});

describe('changes of interest', () => {
  test('S003-39: only if one of the paths changed; objects come and go as ever', async () => {
    await using hook = await httpReceiver();
    const match = { target: { version: 'v1', kind: 'Pod' }, when: { changed: ['status.phase'] } };
    await using world = await rig({
      config: subscribe(hook, {
        match,
        initial: 'none',
        changedPaths: true,
        payload: 'projection',
        fields: ['status'],
      }),
    });
    world.server.create(pod('a', { status: { phase: 'Pending' } }));
    await hook.until(1);
    world.server.touch('pods', 'web', 'a');
    await settle();
    world.server.update(pod('a', { status: { phase: 'Running' } }));
    await hook.until(2);
    remove(world.server, 'a');
    await hook.until(3);
    expect(texts(hook)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(events(hook)[1]!.data).toMatchObject({
      object: { status: { phase: 'Running' } },
      changedPaths: ['status.phase'],
    });
    expect(events(hook)[1]!.data.object).not.toHaveProperty('spec');
  });
});

describe('the heartbeat', () => {
  test('S000-26: says within a minute that the API server is gone', async () => {
    await using hook = await httpReceiver();
    await using world = await rig({ config: subscribe(hook) });
    await hook.until(1);
    await world.clock.advance(60_000);
    await hook.until(2);
    const [synced, beat] = events(hook);
    expect(synced!.data).toMatchObject({ type: 'SYNCED' });
    expect(beat).toMatchObject({ type: 'dev.kube-informer.subscription.heartbeat.v1', data: { connected: true } });
    expect(beat!.data.resourceVersion).toBe(synced!.data.resourceVersion);
    const contact = async () => {
      const { body } = await world.get<string>('/metrics');
      return Number(/^informer_cached_contact_timestamp_seconds\{kind="v1\/pods"\} (.*)$/m.exec(body)?.[1]);
    };
    expect(await contact()).toBeGreaterThan(0);
    await world.server.close();
    const stopped = world.clock.monotonic();
    await eventually(async () => {
      await world.clock.advance(1_000);
      return events(hook).some(({ data }) => data.connected === false);
    });
    expect(world.clock.monotonic() - stopped).toBeLessThanOrEqual(60_000);
    expect(Date.parse(events(hook).at(-1)!.data.lastContact!)).toBeLessThanOrEqual(world.clock.now());
    const before = await contact();
    await world.clock.advance(120_000);
    expect(await contact()).toBe(before);
  });

  test('S000-26: how long changes take is measured', async () => {
    await using hook = await httpReceiver();
    await using world = await rig({ config: subscribe(hook, { initial: 'none' }) });
    const lag = async () =>
      /^informer_delivery_lag_seconds\{.*\} (.*)$/m.exec((await world.get<string>('/metrics')).body)?.[1];
    expect(await lag()).toBeUndefined();
    world.server.create(pod('a'));
    await hook.until(1);
    await eventually(async () => (await lag()) === '0');
  });
});
