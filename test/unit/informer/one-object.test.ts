import { describe, expect, test } from 'vitest';
import { line, record, synced } from './rig.ts';
import { thing, until } from './source.ts';

describe('a handler for one object', () => {
  test('is told of it alone, from its state in the cache on, also through a relist', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1), thing('a', 7, { namespace: 'bank' })]);
    const { lines, registration } = record(r.informer, { key: 'shop/a' });
    await registration.ready;
    expect(lines).toEqual(['add a 1 initial']);
    const all = record(r.informer);
    r.source.put(thing('b', 2));
    r.source.put(thing('a', 2));
    r.source.delete('b');
    await until(() => all.lines.length === 6);
    r.source.disconnect();
    r.source.delete('a');
    r.source.put(thing('c', 1));
    r.source.connect({ forget: true });
    await r.clock.advance(60_000);
    await until(() => all.lines.length === 8);
    r.source.put(thing('a', 9));
    await until(() => lines.length === 4);
    expect(lines).toEqual(['add a 1 initial', 'update a 1>2', 'delete a 2 unknown', 'add a 9']);
  });

  test('that does not exist yet is ready, and hears when it comes', async () => {
    await using r = await synced([thing('b', 1)]);
    const { lines, registration } = record(r.informer, { key: 'shop/a' });
    await registration.ready;
    r.source.put(thing('a', 1));
    await until(() => lines.length > 0);
    expect(lines).toEqual(['add a 1']);
  });

  test('is one of many: each hears its own events, in any number, until it is removed', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1)], { resyncPeriod: 1_000 });
    const told: string[] = [];
    const add = (name: string, key: string) =>
      r.informer.addEventHandler((event) => void told.push(`${name}: ${line(event)}`), { key });
    const first = add('first', 'shop/a');
    const second = add('second', 'shop/a');
    add('other', 'shop/b');
    await until(() => told.length === 3);
    await first.remove();
    r.source.put(thing('a', 2));
    r.source.put(thing('b', 2));
    await until(() => told.length === 5);
    await second.remove();
    r.source.put(thing('a', 3));
    await r.clock.advance(1_000);
    expect(told).toEqual([
      'first: add a 1 initial',
      'second: add a 1 initial',
      'other: add b 1 initial',
      'second: update a 1>2',
      'other: update b 1>2',
      'other: update b 2>2 resync',
    ]);
  });
});
