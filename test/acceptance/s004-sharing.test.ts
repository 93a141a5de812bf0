import {
  defineResource,
  type InformerEvent,
  type KubeObject,
  SharedInformerFactory,
  signalFromProcess,
} from 'kube-informer';
import { describe, expect, test } from 'vitest';
import { line, pod, pods, quiet, requestsOf, rig, until } from './s002-rig.ts';
import { typeCheck } from './s002-type-check.ts';

describe('closing', () => {
  test('S004-13 leaving the scope by an error closes everything that was opened in it', async () => {
    await using at = await rig();
    at.server.seed(pods(3));
    const open: { factory?: SharedInformerFactory } = {};
    const heard: string[] = [];
    const scope = async () => {
      await using factory = new SharedInformerFactory(at.server.kubeConfig(), { clock: at.clock });
      open.factory = factory;
      const informer = factory.core.v1.pods();
      const handler = informer.addEventHandler((event) => heard.push(line(event)));
      factory.start();
      await handler.ready;
      expect(at.server.watches).toBe(1);
      throw new Error('something went wrong');
    };
    await expect(scope()).rejects.toThrowError('something went wrong');
    const [informer] = open.factory?.informers() ?? [];
    expect(informer?.status().phase).toBe('stopped');
    await until(() => at.server.connections === 0 && at.server.watches === 0, 'no connection is open');
    at.server.create(pod('later'));
    await quiet();
    expect(heard).toHaveLength(3);
    expect(() => open.factory?.core.v1.pods()).toThrowError(expect.objectContaining({ code: 'AlreadyStopped' }));
    expect(at.clock.pendingTimers).toBe(0);
  });

  test('S004-13 a signal that is aborted in a finally does the same', async () => {
    await using at = await rig();
    const informer = at.factory.core.v1.pods();
    const stopping = new AbortController();
    const work = async () => {
      try {
        informer.start(stopping.signal);
        await informer.waitForSync();
        throw new Error('something went wrong');
      } finally {
        stopping.abort();
      }
    };
    await expect(work()).rejects.toThrowError('something went wrong');
    await informer.done;
    await until(() => at.server.watches === 0, 'no watch is open');
    expect(informer.status().phase).toBe('stopped');
  });

  test('S004-13 the listeners for the signals of the process go with their scope', () => {
    const before = process.listenerCount('SIGTERM');
    {
      using signal = signalFromProcess();
      expect(process.listenerCount('SIGTERM')).toBe(before + 1);
      expect(signal.aborted).toBe(false);
    }
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('one informer', () => {
  const podRef = { group: '', version: 'v1', resource: 'pods' };
  interface Pod extends KubeObject {
    spec: { nodeName?: string };
  }
  const podDefinition = defineResource<Pod>({ group: '', version: 'v1', kind: 'Pod', plural: 'pods' });

  test('S004-14 is behind the typed accessor, the definition and the bare name: one watch for all', async () => {
    await using at = await rig();
    at.server.create(pod('a'));
    const typed = at.factory.core.v1.pods();
    const dynamic = at.factory.forResource(podRef);
    const defined = at.factory.forResource(podDefinition);
    expect(dynamic).toBe(typed);
    expect(defined).toBe(typed);
    expect(at.factory.forResource(podRef, { labelSelector: 'app=web' })).not.toBe(typed);
    expect(at.factory.forResource(podRef, { namespaces: ['default'] })).not.toBe(typed);
    expect(at.factory.forResource(podRef, { labelSelector: 'b=1,a=1' })).toBe(
      at.factory.forResource(podRef, { labelSelector: 'a=1, b=1' }),
    );
    const heard: string[] = [];
    typed.addEventHandler((event) => heard.push(`typed ${line(event)}`));
    dynamic.addEventHandler((event) => heard.push(`dynamic ${line(event)}`));
    defined.addEventHandler((event) => heard.push(`defined ${line(event)}`));
    typed.start();
    await until(() => heard.length === 3, 'all three heard of it');
    await quiet();
    expect(heard.sort()).toEqual(['defined', 'dynamic', 'typed'].map((door) => `${door} add default/a (initial)`));
    expect(requestsOf(at.server, 'pods')).toEqual(['stream']);
    expect(dynamic.lister.get('default', 'a')).toBe(typed.lister.get('default', 'a'));
  });

  test('S004-15 takes one function for all events, and the event says what it is', async () => {
    await using at = await rig();
    const informer = at.factory.core.v1.pods();
    const heard: string[] = [];
    // The same function, for any informer.
    const handle = (event: InformerEvent<KubeObject>) => {
      switch (event.type) {
        case 'add':
          heard.push(`add ${event.object.metadata.name} ${event.isInInitialList}`);
          break;
        case 'update':
          heard.push(`update ${event.oldObject.metadata.name} ${event.isResync}`);
          break;
        case 'delete':
          heard.push(`delete ${event.object.metadata.name} ${event.finalStateUnknown}`);
      }
    };
    informer.addEventHandler(handle);
    at.factory.core.v1.configmaps().addEventHandler(handle);
    at.factory.start();
    await at.factory.waitForCacheSync();
    at.server.create(pod('a'));
    at.server.touch('pods', 'default', 'a');
    at.server.delete('pods', 'default', 'a');
    await until(() => heard.length === 3, 'three events');
    at.server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'default' } });
    await until(() => heard.length === 4, 'four events');
    expect(heard).toEqual(['add a false', 'update a false', 'delete a false', 'add m false']);
  });

  test('S004-15 the union of the events is told apart by its type, and all doors (S004-14) give the same types', async () => {
    const program = `
      import { defineResource, type DeepReadonly, type InformerEvent, type KubeConfigLike, type KubeObject, SharedIndexInformer, SharedInformerFactory } from 'kube-informer';
      declare const config: KubeConfigLike;
      type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
      const yes = <T extends true>(_claim?: T) => undefined;
      interface Widget extends KubeObject { spec: { colour: string } }
      const factory = new SharedInformerFactory(config);
      const byName = factory.forResource<Widget>({ group: 'example.com', version: 'v1', resource: 'widgets' });
      const byDefinition = factory.forResource(defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' }));
      yes<Equal<typeof byName, SharedIndexInformer<Widget>>>();
      yes<Equal<typeof byDefinition, SharedIndexInformer<Widget>>>();
      const untyped = factory.forResource({ group: 'example.com', version: 'v1', resource: 'widgets' });
      yes<Equal<typeof untyped, SharedIndexInformer<KubeObject>>>();
      const indexed = byName.addIndexers({ colour: (widget) => [widget.spec.colour] });
      indexed.indexer.byIndex('colour', 'blue');
      // @ts-expect-error there is no such index
      indexed.indexer.byIndex('color', 'blue');
      byName.addEventHandler((event) => {
        yes<Equal<typeof event, InformerEvent<Widget>>>();
        yes<Equal<(typeof event)['type'], 'add' | 'update' | 'delete'>>();
        // @ts-expect-error only updates have it
        event.oldObject;
        if (event.type === 'update') yes<Equal<typeof event.oldObject, DeepReadonly<Widget>>>();
        else if (event.type === 'add') yes<Equal<typeof event.isInInitialList, boolean>>();
        else yes<Equal<typeof event.finalStateUnknown, boolean>>();
      });
      const anything = (event: InformerEvent<KubeObject>): string => event.object.metadata.name;
      byName.addEventHandler(anything);
      factory.core.v1.pods().addEventHandler(anything);
    `;
    const found = await typeCheck(program, program.replace("'add' | 'update' | 'delete'", "'add' | 'update'"));
    expect(found.program).toBe('');
    expect(found.broken).toContain('error TS');
  }, 60_000);
});
