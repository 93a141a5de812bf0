import type { FaultAction } from 'kube-informer/testing';
import { expect } from 'vitest';
import { configMap, configMaps, line, purpose, until, type World, type WorldOptions, world } from './s000-world.ts';

/** Each request, with the milliseconds since the start of the clock. */
export function seen(w: World): string[] {
  return w.server.requests.all().map((request) => `${request.at - Date.UTC(2026, 0, 1)} ${purpose(request)}`);
}

/** Lets time pass, from one attempt to the next and no further, until the informer follows the server after `count` requests. */
export async function untilRecovered(w: World, count: number): Promise<void> {
  const [informer] = w.factory.informers();
  const isWell = () => informer!.hasSynced() && informer!.status().connected && w.server.requests.length >= count;
  const dueIn = () => (informer!.status().nextAttemptAt ?? Number.NEGATIVE_INFINITY) - w.clock.now();
  for (let attempt = 0; attempt < 50; attempt++) {
    await until(
      () => isWell() || dueIn() > 0,
      () => [informer!.status().phase, seen(w)],
    );
    if (isWell()) return;
    await w.clock.advance(dueIn());
  }
  throw new Error(`not well after 50 attempts: ${seen(w).join('; ')}`);
}

export interface Case {
  readonly what: string;
  readonly action: FaultAction;
  /** How many requests it befalls. Default: 1. */
  readonly times?: number;
  /** Milliseconds that must pass before the informer notices anything. */
  readonly unnoticedFor?: number;
  /** All requests that are to be seen, until the informer is well. */
  readonly requests: readonly string[];
}

export function status(code: number, more: Omit<FaultAction & { kind: 'status' }, 'kind' | 'code'> = {}): FaultAction {
  return { kind: 'status', code, ...more };
}

export const html = '<html>Bad Gateway</html>';

/** Whatever happened, in the end the cache equals the server, and its handler was told of the object once. */
export async function expectRequests(verb: 'list' | 'watch', testCase: Case, options: WorldOptions): Promise<void> {
  const { action, times = 1, unnoticedFor = 0, requests } = testCase;
  await using w = await world(options);
  const { metadata } = w.server.create(configMap('blue', 'größe'));
  const fault = w.server.faults.add({ match: { verb }, times, action });
  const informer = w.factory.forResource(configMaps);
  const lines: string[] = [];
  informer.addEventHandler((event) => void lines.push(line(event)));
  w.factory.start();
  await until(() => fault.hits === 1);
  if (unnoticedFor > 0) {
    const before = w.server.requests.length;
    await w.clock.advance(unnoticedFor - 1);
    expect(w.server.requests.length).toBe(before);
    await w.clock.advance(1);
  }
  await untilRecovered(w, requests.length);
  expect(seen(w)).toEqual(requests);
  await until(() => informer.lister.get('shop', 'blue')?.metadata.resourceVersion === metadata.resourceVersion);
  await until(() => lines.length > 0);
  expect(lines).toEqual(['add blue größe']);
  expect(fault.hits).toBe(times);
}
