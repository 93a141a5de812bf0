import { describe, expect, test } from 'vitest';
import {
  generationChanged,
  labelsChanged,
  pathsChanged,
  pipeline,
  project,
  resourceVersionChanged,
} from '../../../src/informer/index.ts';
import { line, synced } from './rig.ts';
import { type Thing, thing, until } from './source.ts';

const even = (object: { readonly spec: { readonly size: number } }) => object.spec.size % 2 === 0;

describe('S000-04: a pipeline', () => {
  test('an object that begins to match is an add, one that stops matching is a delete of its last matching state', async () => {
    await using r = await synced([thing('a', 1), thing('b', 2)]);
    const lines: string[] = [];
    const registration = r.informer.addEventHandler(
      pipeline<Thing>()
        .filter(even)
        .to((event) => void lines.push(line(event))),
    );
    await registration.ready;
    r.source.put(thing('a', 2));
    r.source.put(thing('a', 4));
    r.source.put(thing('a', 5));
    r.source.put(thing('a', 7));
    r.source.delete('a');
    r.source.delete('b');
    await until(() => lines.length === 5);
    expect(lines).toEqual(['add b 2 initial', 'add a 2', 'update a 2>4', 'delete a 4', 'delete b 2']);
  });

  test('matching: by label selector, set-based ones included', async () => {
    await using r = await synced([thing('a', 1, { labels: { app: 'web' } }), thing('b', 2, { labels: { app: 'db' } })]);
    const lines: string[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .matching('app in (web, api)')
        .to((event) => void lines.push(line(event))),
    );
    r.source.put(thing('b', 3, { labels: { app: 'api' } }));
    r.source.put(thing('a', 4));
    await until(() => lines.length === 3);
    expect(lines).toEqual(['add a 1 initial', 'add b 3', 'delete a 1']);
    expect(() => pipeline<Thing>().matching('a in')).toThrowError(expect.objectContaining({ code: 'InvalidSelector' }));
  });

  test('S000-23: a change of the status passes resourceVersionChanged and not generationChanged', async () => {
    await using r = await synced([thing('a', 1, { generation: 1 })]);
    const any: string[] = [];
    const spec: string[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .changed(resourceVersionChanged)
        .to((event) => void any.push(line(event))),
    );
    r.informer.addEventHandler(
      pipeline<Thing>()
        .changed(generationChanged)
        .to((event) => void spec.push(line(event))),
    );
    r.source.put(thing('a', 2, { generation: 1 }));
    r.source.put(thing('a', 3, { generation: 2 }));
    await until(() => any.length === 3 && spec.length === 2);
    expect(any).toEqual(['add a 1 initial', 'update a 1>2', 'update a 2>3']);
    // The old object is what this handler saw last.
    expect(spec).toEqual(['add a 1 initial', 'update a 1>3']);
  });

  test('predicates do not hide that an object stopped matching', async () => {
    await using r = await synced([thing('a', 2)]);
    const lines: string[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .changed(labelsChanged)
        .filter(even)
        .to((event) => void lines.push(line(event))),
    );
    r.source.put(thing('a', 3));
    r.source.put(thing('a', 3, { labels: { app: 'web' } }));
    r.source.put(thing('a', 4, { labels: { app: 'web' } }));
    await until(() => lines.length === 3);
    expect(lines).toEqual(['add a 2 initial', 'delete a 2', 'add a 4']);
  });

  test('pathsChanged looks at the named places only', async () => {
    await using r = await synced([thing('a', 1)]);
    const lines: string[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .changed(pathsChanged(['spec.size']))
        .to((event) => void lines.push(line(event))),
    );
    r.source.put(thing('a', 1, { labels: { app: 'web' } }));
    r.source.put(thing('a', 2, { labels: { app: 'web' } }));
    await until(() => lines.length === 2);
    expect(lines[1]).toBe('update a 1>2');
  });

  test('a projected payload has the named paths and nothing else', async () => {
    await using r = await synced([thing('a', 1, { labels: { 'example.com/app': 'web', other: 'x' } })]);
    const payloads: unknown[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .project(['metadata.name', 'spec.size', ['metadata', 'labels', 'example.com/app'], 'spec.absent'])
        .to(({ type, object }) => void payloads.push(type, object)),
    );
    await until(() => payloads.length === 2);
    expect(payloads).toEqual([
      'add',
      { metadata: { name: 'a', labels: { 'example.com/app': 'web' } }, spec: { size: 1 } },
    ]);
  });

  test('map comes after filters and predicates; both states of an update are mapped', async () => {
    await using r = await synced([thing('a', 1)]);
    const sizes: unknown[] = [];
    r.informer.addEventHandler(
      pipeline<Thing>()
        .map((object) => ({ size: object.spec.size }))
        .map(({ size }) => size * 10)
        .changed(resourceVersionChanged)
        .to({
          onUpdate: (old, size) => void sizes.push(old, size),
          onSynced: () => void sizes.push('synced'),
          onClose: () => void sizes.push('closed'),
        }),
    );
    await until(() => sizes.length === 1);
    r.source.put(thing('a', 2));
    await until(() => sizes.length === 3);
    await r.informer.stop();
    expect(sizes).toEqual(['synced', 10, 20, 'closed']);
  });

  test('a state with the uid and version that the handler saw last is left out', () => {
    const lines: string[] = [];
    const handler = pipeline<Thing>().to((event) => void lines.push(line(event)));
    const object = thing('a', 1, { uid: 'u', resourceVersion: '1' });
    const newer = thing('a', 2, { uid: 'u', resourceVersion: '2' });
    handler.onAdd?.(object, { type: 'add', object, isInInitialList: false });
    handler.onAdd?.(object, { type: 'add', object, isInInitialList: false });
    handler.onUpdate?.(object, object, { type: 'update', object, oldObject: object, isResync: false });
    handler.onUpdate?.(object, newer, { type: 'update', object: newer, oldObject: object, isResync: false });
    handler.onUpdate?.(newer, newer, { type: 'update', object: newer, oldObject: newer, isResync: true });
    expect(lines).toEqual(['add a 1', 'update a 1>2', 'update a 2>2 resync']);
  });

  test('a promise of the handler is waited for', async () => {
    await using r = await synced([thing('a', 1)]);
    const gate = Promise.withResolvers<void>();
    const registration = r.informer.addEventHandler(pipeline<Thing>().to(() => gate.promise));
    await new Promise((resolve) => setImmediate(resolve));
    expect(registration.hasSynced()).toBe(false);
    gate.resolve();
    await registration.ready;
  });
});

test('project copies, and keeps odd keys as keys', () => {
  const object = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}},"spec":{"list":[1]}}') as Thing;
  const picked = project<Thing>()([
    ['metadata', 'labels', '__proto__'],
    ['spec', 'list'],
  ])(object);
  expect(JSON.stringify(picked)).toBe('{"metadata":{"labels":{"__proto__":"x"}},"spec":{"list":[1]}}');
  expect(() => project<Thing>()([])).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
});
