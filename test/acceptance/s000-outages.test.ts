import { ApiStatusError, type KubeConfigLike } from 'kube-informer';
import type { ApiServer } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { seen, status, untilRecovered } from './s000-attempts.ts';
import { configMap, configMaps, line, purpose, until, world } from './s000-world.ts';

describe('S000-18 an open watch', () => {
  it('that breaks in the middle of a change loses nothing and repeats nothing', async () => {
    await using w = await world({ factory: { streamInitialState: false } });
    w.server.create(configMap('blue', '1'));
    w.server.faults.add({ match: { verb: 'watch' }, times: 1, action: { kind: 'endAfter', bytes: 500 } });
    const informer = w.factory.forResource(configMaps);
    const lines: string[] = [];
    informer.addEventHandler((event) => void lines.push(line(event)));
    w.factory.start();
    await until(() => informer.status().connected);
    for (const value of ['2', '3', '4']) w.server.patchObject(configMaps, 'shop', 'blue', { data: { value } });
    await until(() => informer.status().phase === 'reconnecting');
    await untilRecovered(w, 3);
    await until(() => lines.length === 4);
    expect(lines).toEqual(['add blue 1', 'update blue 1>2', 'update blue 2>3', 'update blue 3>4']);
    expect(w.server.requests.count({ verb: 'list' })).toBe(1);
  });

  it('starts over with short delays after two healthy minutes, and not before', async () => {
    await using w = await world({ factory: { streamInitialState: false, idleTimeout: 600_000 } });
    const informer = w.factory.forResource(configMaps);
    w.factory.start();
    /** The delay after a watch was open for so long and its successor is refused. */
    const outageAfter = async (healthy: number): Promise<number> => {
      await until(() => informer.status().connected && w.server.watches === 1);
      await w.clock.advance(healthy);
      w.server.faults.add({ match: { verb: 'watch' }, times: 1, action: status(503) });
      w.server.closeWatches();
      await until(() => informer.status().phase === 'reconnecting');
      const delay = informer.status().nextAttemptAt! - w.clock.now();
      await w.clock.advance(delay);
      return delay;
    };
    const delays: number[] = [];
    for (const healthy of [6_000, 6_000, 60_000, 121_000, 6_000]) delays.push(await outageAfter(healthy));
    expect(delays).toEqual([800, 1600, 3200, 800, 1600]);
  });

  it('survives a server that is down: no request gets through, and the first after it is back brings everything', async () => {
    await using w = await world({ factory: { streamInitialState: false } });
    w.server.create(configMap('blue', '1'));
    const informer = w.factory.forResource(configMaps);
    const lines: string[] = [];
    informer.addEventHandler((event) => void lines.push(line(event)));
    w.factory.start();
    await until(() => informer.status().connected && lines.length === 1);
    await w.server.pauseListening();
    w.server.resetConnections();
    const attempts: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await until(() => (informer.status().nextAttemptAt ?? 0) > w.clock.now());
      const delay = informer.status().nextAttemptAt! - w.clock.now();
      attempts.push(delay);
      await w.clock.advance(delay);
    }
    expect(attempts).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    await w.server.resumeListening();
    await untilRecovered(w, 3);
    await until(() => lines.length === 2);
    expect(lines).toEqual(['add blue 1', 'update blue 1>2']);
    expect(w.server.requests.all().map(purpose)).toEqual(['list 0', 'watch 2', 'watch 2']);
  });
});

describe('S000-18 after 401', () => {
  it('new credentials are asked for once and used at once', async () => {
    let token = 'old';
    let invalidated = 0;
    const rotating = (server: ApiServer): KubeConfigLike => ({
      getCurrentCluster: () => ({ name: 'test', server: server.url }),
      applyToHTTPSOptions: async (options) => {
        options.headers = { authorization: `Bearer ${token}` };
      },
      invalidateCredentials: () => {
        invalidated++;
        token = 'new';
      },
    });
    await using w = await world({ server: { tokens: { new: 'operator' } }, cluster: rotating });
    const informer = w.factory.forResource(configMaps);
    w.factory.start();
    await until(() => informer.hasSynced());
    expect(seen(w)).toEqual(['0 stream', '0 stream']);
    expect(w.server.requests.all().map((request) => request.status)).toEqual([401, 200]);
    expect(invalidated).toBe(1);
    expect(w.errors).toEqual([]);
  });
});

describe('S000-18 403 and 404', () => {
  it.each([403, 404])('are reported and never fatal: %i', async (code) => {
    await using w = await world();
    const fault = w.server.faults.add({ action: status(code) });
    const informer = w.factory.forResource(configMaps);
    w.factory.start();
    await until(() => informer.status().phase === 'suspended');
    const { lastError, nextAttemptAt } = informer.status();
    expect(lastError).toBeInstanceOf(ApiStatusError);
    expect(w.errors).toContain(lastError);
    expect(nextAttemptAt).toBe(w.clock.now() + 5_000);
    await w.clock.advance(3_600_000);
    expect(informer.status().phase).toBe('suspended');
    // An hour of asking once a minute, a stream and a list each.
    expect(w.server.requests.length).toBeLessThan(2 * 70);
    expect(w.server.requests.length).toBeGreaterThan(60);
    fault.remove();
    await untilRecovered(w, 0);
    expect(informer.status().phase).toBe('live');
  });
});
