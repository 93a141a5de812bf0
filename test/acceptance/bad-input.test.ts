import {
  DynamicSharedInformerFactory,
  KubeInformerError,
  type KubeObject,
  loadKubeConfig,
  parseFieldSelector,
  parseLabelSelector,
} from 'kube-informer';
import { ApiServer, FakeClock, type FaultAction, settle } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { customDefinition } from '../support/custom-definition.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };

/** Lets sockets do their work; advances the clock a second now and then, because failures are answered by waiting. */
async function until(clock: FakeClock, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (condition()) return;
    await settle(1);
    if (turn % 50 === 49) await clock.advance(5_000);
  }
  throw new Error(`still not: ${condition}`);
}

function configMap(name: string): { apiVersion: string; kind: string; metadata: { name: string; namespace: string } } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } };
}

/** Every error says what happened, why, and what to do. */
function expectUseful(error: KubeInformerError | undefined, code: string, message: RegExp): void {
  expect(error).toBeInstanceOf(KubeInformerError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(error!.hint.length).toBeGreaterThan(20);
}

describe('bad input from the server: a typed error, nothing cached is lost, the informer goes on', () => {
  const faults: readonly [string, 'stream' | 'list' | 'watch', FaultAction, string, RegExp][] = [
    ['an unparsable line', 'watch', { kind: 'insertLine', events: 0, line: '{"type":' }, 'DecodeFailed', /no JSON/],
    [
      'an object without metadata in a watch',
      'watch',
      { kind: 'objectWithoutMetadata', index: 0 },
      'InvalidObject',
      /name/,
    ],
    [
      'an object without metadata in a list',
      'list',
      { kind: 'objectWithoutMetadata', index: 0 },
      'InvalidObject',
      /name/,
    ],
    ['a list that is a Table', 'list', { kind: 'asTable' }, 'UnexpectedKind', /Table/],
    ['a watch that sends Tables', 'watch', { kind: 'asTable' }, 'UnexpectedKind', /Table/],
    [
      'a page of a proxy',
      'list',
      { kind: 'answer', body: '<html>', contentType: 'text/html' },
      'UnexpectedKind',
      /text\/html/,
    ],
    ['an answer that is no JSON', 'list', { kind: 'answer', body: 'oops' }, 'DecodeFailed', /./],
  ];

  it.each(faults)('%s', async (_, where, action, code, message) => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    server.create(configMap('one'));
    server.create(configMap('two'));
    const errors: KubeInformerError[] = [];
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), {
      clock,
      streamInitialState: false,
      onError: (error) => errors.push(error),
    });
    const informer = factory.forResource(configMaps);
    if (where === 'list') server.faults.add({ match: { verb: 'list' }, times: 1, action });
    else server.faults.add({ match: { verb: 'watch' }, times: 1, action });
    factory.start();
    if (where === 'watch') {
      await until(clock, () => informer.status().connected);
      server.create(configMap('three'));
    }
    await until(clock, () => errors.length > 0);
    expectUseful(errors[0], code, message);
    if (where === 'watch') expect(informer.indexer.size).toBeGreaterThanOrEqual(2);
    const expected = where === 'watch' ? 3 : 2;
    await until(clock, () => informer.indexer.size === expected && informer.status().phase === 'live');
  });

  it('an unknown resource: suspended, with the 404 as its reason, and live when it is served at last', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { clock });
    const informer = factory.forResource({ group: 'example.com', version: 'v1', resource: 'widgets' });
    factory.start();
    await until(clock, () => informer.status().phase === 'suspended');
    expectUseful(informer.status().lastError, 'ApiStatus', /404/);
    server.create(customDefinition());
    await until(clock, () => informer.status().phase === 'live');
  });

  it('a refused connection: reconnecting, with the refusal as its cause, and live when the server is there', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    server.create(configMap('one'));
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { clock });
    const informer = factory.forResource(configMaps);
    await server.pauseListening();
    factory.start();
    await until(clock, () => informer.status().lastError !== undefined);
    expectUseful(informer.status().lastError, 'ConnectionFailed', /./);
    expect((informer.status().lastError!.cause as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
    await server.resumeListening();
    await until(clock, () => informer.status().phase === 'live');
    expect(informer.indexer.size).toBe(1);
  });
});

describe('bad input from the user: a typed error at once', () => {
  it.each(['a in', '=b', 'a,,b', 'a in (b', '!'])('a label selector that does not parse: %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 'InvalidSelector' }));
  });

  it('a selector that does not parse, given to a factory or for a resource', async () => {
    await using server = await ApiServer.start();
    const kubeConfig = server.kubeConfig();
    const bad = { code: 'InvalidSelector' };
    expect(() => new DynamicSharedInformerFactory(kubeConfig, { labelSelector: 'a in' })).toThrow(
      expect.objectContaining(bad),
    );
    await using factory = new DynamicSharedInformerFactory(kubeConfig);
    expect(() => factory.forResource<KubeObject>(configMaps, { fieldSelector: 'a' })).toThrow(
      expect.objectContaining(bad),
    );
    expect(() => parseFieldSelector('a')).toThrow(expect.objectContaining(bad));
  });

  it('an impossible resource', async () => {
    await using server = await ApiServer.start();
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    expect(() => factory.forResource({ group: '', version: 'v1', resource: '../secrets' })).toThrow(
      expect.objectContaining({ code: 'InvalidResource' }),
    );
  });

  it('a wrong kubeconfig: a file that is not there, and a config without a cluster', async () => {
    const missing = await loadKubeConfig({ path: 'no/such/file' }).catch((thrown) => thrown);
    expectUseful(missing, 'InvalidKubeConfig', /no\/such\/file/);
    const errors: KubeInformerError[] = [];
    const empty = {
      getCurrentCluster: () => null,
      getCurrentContext: () => '',
      applyToHTTPSOptions: async () => undefined,
    };
    await using factory = new DynamicSharedInformerFactory(empty, { onError: (error) => errors.push(error) });
    const informer = factory.forResource(configMaps);
    await expect(informer.run()).rejects.toMatchObject({ code: 'InvalidKubeConfig' });
    expect(informer.status().phase).toBe('failed');
    expectUseful(errors[0], 'InvalidKubeConfig', /cluster/);
  });
});
