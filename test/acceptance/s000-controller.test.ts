import { createController, enqueueTo, RateLimitingQueue, type Reason, type Request, requestKey } from 'kube-informer';
import { describe, expect, it } from 'vitest';
import { configMap, configMaps, live, until, world } from './s000-world.ts';

describe('S001-03 a controller', () => {
  it('runs once more, and only once, for a hundred events that came while it was busy', async () => {
    await using w = await world();
    w.server.create(configMap('blue', '0'));
    const informer = w.factory.forResource(configMaps);
    const abort = new AbortController();
    let told = 0;
    informer.addEventHandler({ onUpdate: () => void told++ });
    const finish: (() => void)[] = [];
    const saw: (string | undefined)[] = [];
    const controller = createController({
      name: 'busy',
      sources: [informer],
      clock: w.clock,
      reconcile: async ({ namespace, name }) => {
        saw.push(informer.lister.get(namespace, name)?.data?.value);
        await new Promise<void>((resolve) => finish.push(resolve));
      },
    });
    const ended = controller.run(abort.signal);
    await live(w.factory, informer);
    await until(() => finish.length === 1);
    for (let value = 1; value <= 100; value++) {
      w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: String(value) } });
    }
    // The controller has its own line of events; it must have heard of all of them, too.
    await until(() => told === 100 && informer.status().handlers.every(({ lag }) => lag === 0));
    finish[0]!();
    await until(() => finish.length === 2);
    finish[1]!();
    await w.clock.advance(3_600_000);
    await until(() => controller.queue.length === 0);
    expect(saw).toEqual(['0', '100']);
    abort.abort();
    await ended;
  });

  it('tries a request again after a throw: 5 ms, 10 ms, 20 ms later, and from 5 ms on again after a success', async () => {
    await using w = await world();
    w.server.create(configMap('blue', '0'));
    const informer = w.factory.forResource(configMaps);
    const abort = new AbortController();
    const start = w.clock.now();
    const runs: number[] = [];
    const reported: (number | undefined)[] = [];
    let failing = 3;
    const controller = createController({
      name: 'failing',
      sources: [informer],
      clock: w.clock,
      onError: (error, { retryAfter }) => {
        expect(error.code).toBe('ReconcileFailed');
        reported.push(retryAfter);
      },
      reconcile: () => {
        runs.push(w.clock.now() - start);
        if (failing-- > 0) throw new Error('on purpose');
        return { requeueAfter: 60_000 };
      },
    });
    const ended = controller.run(abort.signal);
    await live(w.factory, informer);
    await until(() => runs.length === 1);
    for (let runsBefore = 1; runsBefore < 5; runsBefore++) {
      await until(() => runs.length === runsBefore && controller.queue.length === 0);
      while (runs.length === runsBefore) await w.clock.advance(1);
      if (runs.length === 4) {
        await w.clock.advance(59_999);
        expect(runs.length).toBe(4);
        failing = 1;
      }
    }
    expect(runs).toEqual([0, 5, 15, 35, 60_035]);
    await until(() => reported.length === 4);
    expect(reported).toEqual([5, 10, 20, 5]);
    abort.abort();
    await ended;
  });

  it('can be a queue that handlers fill: equal requests become one', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps);
    const queue = new RateLimitingQueue<Request>({ name: 'shops', keyOf: requestKey, clock: w.clock });
    const ofShop = ({ metadata }: { readonly metadata: { readonly namespace?: string } }): Request => ({
      namespace: '',
      name: metadata.namespace ?? '',
    });
    const reasons: Reason[] = [];
    informer.addEventHandler(enqueueTo(queue, ofShop));
    await live(w.factory, informer);
    for (const name of ['a', 'b', 'c']) w.server.create(configMap(name, '1'));
    await until(() => queue.length > 0 && informer.status().objects === 3);
    await until(() => informer.status().handlers.every(({ lag }) => lag === 0));
    expect(queue.length).toBe(1);
    const request = await queue.get();
    expect(request).toEqual({ namespace: '', name: 'shop' });
    reasons.push(...queue.reasonsOf(request!));
    expect(reasons.map(({ type, key }) => `${type} ${key}`)).toEqual(['add shop/a', 'add shop/b', 'add shop/c']);
    queue.done(request!);
    queue.shutDown();
  });
});
