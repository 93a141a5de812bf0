import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createQueueInformer, DeltaFIFO, type QueueInformer } from '../../../src/queue/index.ts';
import { Reflector } from '../../../src/reflector/index.ts';
import { KubeInformerError, Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import {
  type Answer,
  added,
  deleted,
  mark,
  modified,
  ScriptedListerWatcher,
  statusError,
  type Widget,
} from '../reflector/scripted-lister-watcher.ts';

const clock = new FakeClock();
const running: QueueInformer<Widget>[] = [];

function start(script: readonly Answer[], options: object = {}) {
  const server = new ScriptedListerWatcher(clock, script);
  const informer = createQueueInformer<Widget>({
    listerWatcher: server,
    clock,
    random: () => 0.5,
    turns: new Turns({ clock }),
    ...options,
  });
  running.push(informer);
  return { server, informer };
}

afterEach(async () => {
  for (const informer of running.splice(0)) await informer.stop();
  expect(clock.pendingTimers).toBe(0);
});

async function pop(informer: QueueInformer<Widget>): Promise<string> {
  const popped = await informer.pop();
  if (!popped) return 'end';
  const steps = popped.deltas.map((delta) => {
    const unknown = delta.type === 'Deleted' && delta.finalStateUnknown ? '?' : '';
    return `${delta.type}${unknown} @${delta.object?.metadata.resourceVersion}`;
  });
  return `${popped.key}: ${steps.join(', ')}`;
}

const script = (): Answer[] => [
  [
    [added('a', '1'), added('b', '2'), added('c', '3'), mark('3')],
    [modified('a', '4'), deleted('b', '5')],
    statusError(410),
  ],
  [[added('a', '9'), added('d', '8'), mark('9')], [deleted('d', '10')]],
];

describe('createQueueInformer', () => {
  it('hands out what happened, object by object, with the deletions that were missed', async () => {
    const { informer } = start(script());
    await settle();
    expect(informer.hasSynced).toBe(false);
    expect(await pop(informer)).toBe('a: Replaced @1, Updated @4');
    expect(await pop(informer)).toBe('b: Replaced @2, Deleted @5');
    expect(await pop(informer)).toBe('c: Replaced @3');
    const next = pop(informer);
    expect(informer.hasSynced).toBe(true);
    await clock.advance(1_200);
    expect(await next).toBe('a: Replaced @9');
    expect(await pop(informer)).toBe('d: Replaced @8, Deleted @10');
    expect(await pop(informer)).toBe('c: Deleted? @3');
    expect(informer.length).toBe(0);
    expect(informer.status.state.phase).toBe('live');
  });

  it('agrees with a store that the same script drives', async () => {
    const { informer } = start(script());
    const replayed = new Map<string, Widget>();
    const replay = (async () => {
      for await (const { key, deltas } of informer) {
        for (const delta of deltas) {
          if (delta.type === 'Deleted') replayed.delete(key);
          else replayed.set(key, delta.object);
        }
      }
    })();
    const queue = new DeltaFIFO<Widget>();
    const controller = new AbortController();
    const done = new Reflector<Widget>({
      listerWatcher: new ScriptedListerWatcher(clock, script()),
      store: queue,
      clock,
      random: () => 0.5,
    }).run(controller.signal);
    const stored = new Map<string, Widget>();
    const store = (async () => {
      for await (const delta of queue) {
        if (delta.type === 'Replaced') {
          stored.clear();
          for (const object of delta.objects) stored.set(object.metadata.name, object);
        } else if (delta.type === 'Added' || delta.type === 'Updated')
          stored.set(delta.object.metadata.name, delta.object);
        else if (delta.type === 'Deleted') stored.delete(delta.object.metadata.name);
      }
    })();
    await clock.advance(5_000);
    controller.abort();
    await Promise.all([done, informer.stop()]);
    queue.close();
    await Promise.all([replay, store]);
    expect(replayed).toEqual(stored);
    expect(Array.from(replayed.keys())).toEqual(['a']);
  });

  it('replays what was popped on a resync', async () => {
    const { informer } = start([[[added('a', '1'), mark('1')]]]);
    expect(await pop(informer)).toBe('a: Replaced @1');
    informer.resync();
    expect(await pop(informer)).toBe('a: Sync @1');
  });

  it('reads no further while the caller is behind', async () => {
    const { informer, server } = start(
      [[[added('a', '1'), mark('1')], [added('b', '2')], [added('c', '3')], [added('d', '4')]]],
      {
        highWaterMark: 2,
      },
    );
    await settle();
    expect(informer.length).toBe(2);
    expect(server.streams[0]?.read).toBe(2);
    await pop(informer);
    await settle();
    expect(informer.length).toBe(2);
  });

  it.each(['stop', 'signal', 'dispose'] as const)(
    'ends by %s: what is queued still comes, then the end',
    async (how) => {
      const controller = new AbortController();
      const { informer, server } = start([[[added('a', '1'), mark('1')]]], { signal: controller.signal });
      await settle();
      if (how === 'stop') await informer.stop();
      if (how === 'signal') controller.abort();
      if (how === 'dispose') await informer[Symbol.asyncDispose]();
      await settle();
      expect(await pop(informer)).toBe('a: Replaced @1');
      expect(await pop(informer)).toBe('end');
      expect(server.openStreams).toBe(0);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('gives the failure to who pops, after what was queued', async () => {
    const fatal = new KubeInformerError('InvalidKubeConfig', 'no cluster', { hint: '' });
    const { informer } = start([[[added('a', '1'), mark('1')], fatal]]);
    await settle();
    expect(await pop(informer)).toBe('a: Replaced @1');
    await expect(informer.pop()).rejects.toBe(fatal);
    expect(await informer.pop(AbortSignal.abort())).toBeUndefined();
    await informer.stop();
  });
});
