import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ApiStatusError,
  KubeClient,
  type ListerWatcher,
  Reflector,
  SharedIndexInformer,
  waitFor,
  watch,
} from '../../src/index.ts';
import { TcpProxy } from '../../tools/tcp-proxy.ts';
import { addressOf, via } from './cluster.ts';
import { colors, live, record, soon, type Widget, World } from './world.ts';

let world: World;
let proxy: TcpProxy;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());
beforeEach(async () => {
  proxy = await TcpProxy.listen(addressOf(world.cluster.kubeConfig()));
});
afterEach(() => proxy.close());

const throughProxy = (http2: 'auto' | 'never' = 'auto') => ({
  kubeConfig: via(world.cluster.kubeConfig(), proxy.port),
  http2,
});

describe.each(['auto', 'never'] as const)('S000-18: a connection that breaks (HTTP/2: %s)', (http2) => {
  test('costs a new watch from where it was, and no list', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await writer.create(world.widget('two', 'red'));
    await using factory = world.factory({ namespaces: [namespace] }, throughProxy(http2));
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    const before = informer.status().reflectors.get(namespace)!.requests;
    proxy.refusing = true;
    proxy.reset();
    await soon(() => informer.status().phase).toBe('reconnecting');
    await writer.patch('one', { spec: { color: 'green' } }, { type: 'merge' });
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge' });
    await writer.delete('two');
    expect(colors(informer)).toEqual(['one red', 'two red']);
    proxy.refusing = false;
    await soon(() => lines.slice(2)).toEqual(['update one red>green', 'update one green>blue', 'delete two red']);
    await soon(() => informer.status().phase).toBe('live');
    const after = informer.status().reflectors.get(namespace)!.requests;
    expect([after.list, after.stream]).toEqual([before.list, before.stream]);
    expect(after.watch).toBeGreaterThan(before.watch);
  });

  test('before the initial state is complete leaves nothing out', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    for (let index = 0; index < 10; index++) await writer.create(world.widget(`widget-${index}`, 'red'));
    proxy.refusing = true;
    await using factory = world.factory({ namespaces: [namespace] }, throughProxy(http2));
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    factory.start();
    await soon(() => informer.status().consecutiveFailures).toBeGreaterThan(1);
    expect(informer.hasSynced()).toBe(false);
    proxy.refusing = false;
    await live(factory, informer);
    await soon(() => lines.length).toBe(10);
    expect(informer.indexer.size).toBe(10);
  });

  test('without a word is found out, and replaced', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    const client = { ...throughProxy(http2), answerTimeout: 1_500 };
    await using factory = world.factory({ namespaces: [namespace], idleTimeout: 1_500 }, client);
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    for (const connection of proxy.connections) connection.stall();
    await writer.create(world.widget('one', 'red'));
    await soon(() => lines).toEqual(['add one red']);
  });

  test('in the middle of an event loses none', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await using factory = world.factory({ namespaces: [namespace] }, throughProxy(http2));
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    for (const [index, bytes] of [40, 150, 300].entries()) {
      const [watching] = proxy.connections.slice(-1);
      watching!.truncate(bytes);
      await writer.create(world.widget(`widget-${index}`, 'red'));
      await watching!.closed;
      await soon(() => lines.at(-1)).toBe(`add widget-${index} red`);
      await soon(() => informer.status().connected).toBe(true);
    }
    expect(lines).toHaveLength(3);
  });
});

describe('S003-61: connections', () => {
  test.each(['auto', 'never'] as const)('keep an answer until it is read (HTTP/2: %s)', async (http2) => {
    await using client = new KubeClient(world.cluster.kubeConfig(), { http2 });
    const first = await client.request({ path: '/version' });
    // By the time that these are here, all of the first has come.
    for (let count = 0; count < 3; count++) await client.json({ path: '/version' });
    const chunks: Buffer[] = [];
    for await (const chunk of first.body) chunks.push(chunk);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toHaveProperty('gitVersion');
  });

  test('over HTTP/2 are one, however much is watched; over HTTP/1.1 one for each watch', async () => {
    const namespaces = [await world.namespace(), await world.namespace(), await world.namespace()];
    const opened = { auto: 0, never: 0 };
    for (const http2 of ['auto', 'never'] as const) {
      const before = proxy.accepted;
      await using factory = world.factory({ namespaces }, throughProxy(http2));
      const informer = factory.forResource(world.widgets);
      await live(factory, informer);
      opened[http2] = proxy.accepted - before;
    }
    expect(opened.auto).toBe(1);
    expect(opened.never).toBeGreaterThanOrEqual(3);
    await soon(() => proxy.connections.length).toBe(0);
  });
});

describe('S000-18: a version that the server has forgotten', () => {
  test('is refused with 410', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    world.cluster.forget();
    const refusal = await watch(writer, { resourceVersion: '1', signal: AbortSignal.timeout(15_000) })
      .next()
      .catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(ApiStatusError);
    expect(refusal).toMatchObject({ class: 'expired', status: { code: 410 } });
  });

  test.each([
    { how: 'streams', state: {} },
    { how: 'lists', state: { streamInitialState: false } },
    { how: 'lists in pages', state: { streamInitialState: false, pageSize: 2 } },
  ])('has an informer that $how fetch the present state, and tell of what it missed', async ({ state }) => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await writer.create(world.widget('two', 'red'));
    const real = via(world.cluster.kubeConfig(), proxy.port);
    await using factory = world.factory({}, { kubeConfig: real });
    const client = factory.client.resource<Widget>(world.widgets, { namespace });
    // From when the connection is lost until it fetches the state anew it asks for changes since a version that is forgotten.
    let behind = false;
    let answered = 0;
    const listerWatcher: ListerWatcher<Widget> = {
      description: client.description,
      supportsInitialEvents: true,
      list: (options, signal) => {
        behind = false;
        return client.list(options, signal);
      },
      watch: async (options, signal) => {
        if (options.sendInitialEvents) behind = false;
        if (!behind) return client.watch(options, signal);
        try {
          const stream = await client.watch({ ...options, resourceVersion: '1' }, signal);
          answered++;
          return stream;
        } catch (thrown) {
          // While the connection is away nobody answers.
          if (thrown instanceof ApiStatusError) answered++;
          throw thrown;
        }
      },
    };
    const backoff = { initial: 20, factor: 2, max: 500, jitter: 0.5, resetAfter: 10_000 };
    await using informer = new SharedIndexInformer<Widget>({ listerWatcher, backoff, ...state });
    const lines = record(informer);
    informer.start();
    await informer.waitForSync({ timeout: 15_000 });
    await soon(() => informer.status().connected).toBe(true);
    proxy.refusing = true;
    behind = true;
    proxy.reset();
    await writer.delete('two');
    await writer.create(world.widget('three', 'red'));
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge' });
    world.cluster.forget();
    proxy.refusing = false;
    await soon(() => lines.slice(2).toSorted()).toEqual([
      'add three red',
      'delete two red (unseen)',
      'update one red>blue',
    ]);
    expect(answered).toBe(1);
    await soon(() => informer.status().phase).toBe('live');
    await writer.delete('three');
    await soon(() => lines.at(-1)).toBe('delete three red');
  });

  test('may lie in the future, which is answered as if it was forgotten', { timeout: 60_000 }, async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    const future = String(Number.MAX_SAFE_INTEGER);
    const answer = writer.list(
      { resourceVersion: future, resourceVersionMatch: 'NotOlderThan' },
      AbortSignal.timeout(50_000),
    );
    await expect(answer).rejects.toMatchObject({ class: 'expired' });
  });
});

describe('S004-02: bookmarks', () => {
  test('move the version on while nothing happens in the collection', { timeout: 60_000 }, async () => {
    const quiet = await world.namespace();
    const busy = await world.namespace();
    const { resourceVersion } = await world.writer(quiet).list({}, AbortSignal.timeout(15_000));
    const events = watch(world.writer(quiet), {
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: world.cluster.bookmarkSeconds,
      signal: AbortSignal.timeout(45_000),
    });
    const written = await world.writer(busy).create(world.widget('one', 'red'));
    const { value } = await events.next();
    events.stop();
    expect(value).toMatchObject({ type: 'BOOKMARK' });
    const marked = Number(value!.object.metadata.resourceVersion);
    expect(marked).toBeGreaterThanOrEqual(Number(written.metadata.resourceVersion));
  });

  test('end the initial events at a version that counts for later ones', async () => {
    const quiet = await world.namespace();
    const writer = world.writer(quiet);
    const written = await world.writer(await world.namespace()).create(world.widget('one', 'red'));
    const marks: string[] = [];
    const nothing = () => {};
    const store = { add: nothing, update: nothing, delete: nothing, forget: nothing };
    const reflector = new Reflector<Widget>({
      listerWatcher: writer,
      store: { ...store, replace: (_objects, version) => void marks.push(version) },
    });
    const stop = new AbortController();
    const ended = reflector.run(stop.signal);
    await soon(() => marks.length).toBe(1);
    expect(Number(marks[0])).toBeGreaterThanOrEqual(Number(written.metadata.resourceVersion));
    stop.abort();
    await ended;
  });

  test('are no events', async () => {
    const namespace = await world.namespace();
    await using factory = world.factory({ namespaces: [namespace], watchTimeout: 1 });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    await soon(() => informer.status().reflectors.get(namespace)!.requests.watch).toBeGreaterThan(2);
    expect(lines).toEqual([]);
    await world.writer(namespace).create(world.widget('one', 'red'));
    await waitFor(informer, ({ object }) => object.metadata.name === 'one', { timeout: 15_000 });
    expect(lines).toEqual(['add one red']);
  });
});
