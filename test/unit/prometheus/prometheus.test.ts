import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createController, LeaderElector, RateLimitingQueue, terminal } from '../../../src/controller/index.ts';
import { SharedInformerFactory } from '../../../src/factory/index.ts';
import { Manager } from '../../../src/manager/index.ts';
import { exportMetrics } from '../../../src/prometheus/index.ts';
import { sleep } from '../../../src/runtime/index.ts';
import { ApiServer, FakeClock, settle } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

/** What a scrape has: the value of each series, by its text. Fails on a line that is none of the exposition format. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const series = new Map<string, number>();
  for (const line of (await registry.metrics()).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([a-z_]+(?:\{(?:[a-z_]+="[^"]*",?)*\})?) (\S+)$/.exec(line) ?? expect.fail(line);
    expect(series.has(name!)).toBe(false);
    series.set(name!, Number(value));
    expect(series.get(name!)).not.toBeNaN();
  }
  return series;
}

let registry: Registry;
let clock: FakeClock;
let stop: () => void = () => {};

beforeEach(() => {
  registry = new Registry();
  clock = new FakeClock();
});
afterEach(() => stop());

describe('metrics in a registry', () => {
  it('of a work queue bear the names of client-go', async () => {
    stop = exportMetrics({ registry, clock });
    const queue = new RateLimitingQueue({ name: 'shops', clock });
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await clock.advance(2_000);
    await queue.get();
    await clock.advance(3_000);
    await queue.get();
    await clock.advance(1_000);
    const during = await scrape(registry);
    expect(during.get('workqueue_depth{name="shops"}')).toBe(0);
    expect(during.get('workqueue_adds_total{name="shops"}')).toBe(2);
    expect(during.get('workqueue_unfinished_work_seconds{name="shops"}')).toBe(5);
    expect(during.get('workqueue_longest_running_processor_seconds{name="shops"}')).toBe(4);
    queue.done('a');
    queue.addRateLimited('a');
    const after = await scrape(registry);
    expect(after.get('workqueue_retries_total{name="shops"}')).toBe(1);
    expect(after.get('workqueue_queue_duration_seconds_sum{name="shops"}')).toBe(7);
    expect(after.get('workqueue_work_duration_seconds_count{name="shops"}')).toBe(1);
    expect(after.get('workqueue_work_duration_seconds_bucket{le="1",name="shops"}')).toBe(0);
    expect(after.get('workqueue_work_duration_seconds_bucket{le="10",name="shops"}')).toBe(1);
    expect(after.get('workqueue_longest_running_processor_seconds{name="shops"}')).toBe(1);
    queue.shutDown();
  });

  it('of a controller bear the names of controller-runtime', async () => {
    stop = exportMetrics({ registry, clock });
    const abort = new AbortController();
    let run = 0;
    const controller = createController({
      name: 'shops',
      informers: [],
      clock,
      timeout: 1_000,
      concurrency: 2,
      onError: () => {},
      reconcile: async ({ name }, { signal }) => {
        run++;
        if (name === 'slow') await sleep(clock, 1_500, signal);
        if (name === 'bug') throw new TypeError('undefined is not a function');
        if (name === 'lost') throw terminal('never');
        if (name === 'again' && run < 4) return { requeueAfter: 10_000_000 };
        return undefined;
      },
    });
    const ended = controller.run(abort.signal);
    for (const name of ['again', 'bug', 'lost', 'fine', 'slow']) controller.enqueue({ namespace: 'shop', name });
    await clock.advance(2);
    const busy = await scrape(registry);
    expect(busy.get('controller_runtime_active_workers{controller="shops"}')).toBe(1);
    expect(busy.get('controller_runtime_max_concurrent_reconciles{controller="shops"}')).toBe(2);
    await clock.advance(1_000);
    abort.abort();
    await ended;
    const series = await scrape(registry);
    const of = (name: string, labels = 'controller="shops"') => series.get(`controller_runtime_${name}{${labels}}`);
    // The mistake was made at 0, 5, 15, 35, 75, 155, 315 and 635 ms.
    expect(of('reconcile_total', 'controller="shops",result="error"')).toBe(9);
    expect(of('reconcile_total', 'controller="shops",result="requeue_after"')).toBe(1);
    expect(of('reconcile_total', 'controller="shops",result="success"')).toBe(2);
    expect(of('reconcile_errors_total')).toBe(9);
    expect(of('terminal_reconcile_errors_total')).toBe(1);
    expect(of('reconcile_panics_total')).toBe(8);
    expect(of('reconcile_timeouts_total')).toBe(1);
    expect(of('reconcile_time_seconds_count')).toBe(12);
    expect(of('reconcile_time_seconds_sum')).toBe(1);
    expect(of('active_workers')).toBe(0);
  });

  it('of elections, requests and informers come from a live cluster, and no label has a key or an error in it', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const factory = new SharedInformerFactory(client);
    const pods = factory.core.v1.pods();
    stop = exportMetrics({ registry, informers: () => [pods] });
    server.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'secret-name', namespace: 'shop' },
      spec: { containers: [] },
    });
    const abort = new AbortController();
    const elector = new LeaderElector({ client, namespace: 'shop', name: 'operator' });
    const leading = Promise.withResolvers<void>();
    void elector.whileLeading(() => leading.resolve(), abort.signal);
    const elected = elector.run(abort.signal);
    factory.start(abort.signal);
    await factory.waitForCacheSync();
    pods.addEventHandler({ onAdd() {} }, { name: 'counter' });
    await leading.promise;
    const series = await scrape(registry);
    expect(series.get('leader_election_master_status{name="operator"}')).toBe(1);
    expect(series.get('rest_client_requests_total{method="GET",code="404"}')).toBe(1);
    expect(series.get('rest_client_requests_total{method="POST",code="201"}')).toBe(1);
    expect(series.get('rest_client_request_duration_seconds_count{method="POST"}')).toBe(1);
    expect(series.get(`informer_objects{name="${pods.name}"}`)).toBe(1);
    expect(series.get(`informer_synced{name="${pods.name}"}`)).toBe(1);
    expect(series.get(`informer_phase{name="${pods.name}",phase="live"}`)).toBe(1);
    expect(series.get(`informer_phase{name="${pods.name}",phase="failed"}`)).toBe(0);
    expect(series.get(`informer_handler_lag{name="${pods.name}",handler="counter"}`)).toBeDefined();
    expect(series.get(`informer_store_resource_version{name="${pods.name}"}`)).toBe(
      Number(pods.status().resourceVersion),
    );
    expect(series.get(`reflector_lists_total{name="${pods.name}"}`)).toBe(1);
    abort.abort();
    await elected;
    await factory.stop();
    const after = await scrape(registry);
    expect(after.get('leader_election_master_status{name="operator"}')).toBe(0);
    expect([...after.keys()].filter((name) => name.includes('secret-name'))).toEqual([]);
  });

  it('go on counting when another queue of the same name begins from zero', async () => {
    stop = exportMetrics({ registry, clock });
    const first = new RateLimitingQueue({ name: 'shops', clock });
    for (const item of ['a', 'b', 'c']) first.add(item);
    const second = new RateLimitingQueue({ name: 'shops', clock });
    second.add('a');
    expect((await scrape(registry)).get('workqueue_adds_total{name="shops"}')).toBe(4);
  });

  it('say what was counted before anybody listened', async () => {
    const queue = new RateLimitingQueue({ name: 'shops', clock });
    for (const item of ['a', 'b', 'c']) queue.add(item);
    stop = exportMetrics({ registry, clock });
    queue.add('d');
    expect((await scrape(registry)).get('workqueue_adds_total{name="shops"}')).toBe(4);
  });

  it('are taken away again, and can be registered once', async () => {
    stop = exportMetrics({ registry, clock });
    const before = registry.getMetricsAsArray().length;
    expect(() => exportMetrics({ registry, clock })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    expect(registry.getMetricsAsArray()).toHaveLength(before);
    stop();
    expect(registry.getMetricsAsArray()).toEqual([]);
    new RateLimitingQueue({ name: 'shops', clock }).add('a');
    await settle();
    expect(await scrape(registry)).toEqual(new Map());
    stop();
    stop = exportMetrics({ registry, clock });
    expect(registry.getMetricsAsArray()).toHaveLength(before);
  });
});

describe('metrics of managers', () => {
  it('have labels of closed sets, and end with the last source of a resource', async () => {
    stop = exportMetrics({ registry, clock });
    const server = await ApiServer.start({ clock });
    for (const name of ['sentinel-a', 'sentinel-b']) {
      server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
    }
    const manager = new Manager({ client: server.kubeConfig(), name: 'main', clock, linger: 0 });
    manager.start();
    const handle = await manager.add({
      owner: { group: 'shop.io', kind: 'App', namespace: 'default', name: 'sentinel-owner' },
      target: { gvr: { group: '', version: 'v1', resource: 'configmaps' }, namespace: 'default' },
      handlers: () => {
        throw new Error('sentinel-error');
      },
    });
    await handle.ready();
    await clock.advance(5_000);
    const labels = 'manager="main",group="",version="v1",resource="configmaps"';
    const series = await scrape(registry);
    expect(series.get(`manager_sources{${labels},verdict="healthy"}`)).toBe(1);
    expect(series.get(`manager_objects{${labels}}`)).toBe(2);
    expect(series.get(`manager_events_total{${labels},type="add",origin="initial"}`)).toBe(2);
    expect(series.get(`manager_handler_errors_total{${labels}}`)).toBe(2);
    expect([...series.keys()].join()).not.toContain('sentinel');
    await handle.stop();
    await clock.advance(5_000);
    expect([...(await scrape(registry)).keys()].filter((name) => name.startsWith('manager_'))).toEqual([]);
    await manager.stop();
    await server.close();
  });
});
