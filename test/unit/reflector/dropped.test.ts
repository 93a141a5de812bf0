import { expect, test } from 'vitest';
import { start } from './fixture.ts';
import { added, type Event, mark, modified, page, widget } from './scripted-lister-watcher.ts';

/** What a decoder says of an object that is not wanted. */
const dropped = (was: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, resourceVersion: string): Event => ({
  type: 'DROPPED',
  was,
  object: { metadata: { name, uid: `uid-${name}`, resourceVersion } },
});
const listing = { streamInitialState: false };

test('what is dropped while the state streams in is not in the state', async () => {
  const { clock, store, reflector } = start([
    [[added('a', '1'), added('b', '2'), dropped('ADDED', 'c', '3'), dropped('MODIFIED', 'a', '4'), mark('5')]],
  ]);
  await clock.advance(0);
  expect(store.calls).toEqual(['replace [b]@5']);
  expect(reflector.status.resourceVersion).toBe('5');
});

test('a stream of objects that are all dropped has as long as new ones keep coming', async () => {
  const script = Array.from({ length: 10 }, (_, at) => [[dropped('ADDED', `w${at}`, `${at}`)], 29_000]).flat();
  const { clock, server, store } = start([[...script, [mark('99')]]]);
  await clock.advance(290_000);
  expect(server.sequence).toBe('WL("")');
  expect(store.calls).toEqual(['replace []@99']);
});

test('changes that are all dropped do not make up for the mark', async () => {
  const { clock, failures } = start([[20_000, [dropped('MODIFIED', 'a', '1')], 20_000, [mark('9')]], page([], '10')]);
  await clock.advance(30_000);
  expect(failures[0]?.error.code).toBe('InitialEventsTimeout');
});

test('the position moves with what is dropped, and the store forgets it', async () => {
  const { clock, store, reflector } = start(
    [page([widget('a', '1')], '10'), [[dropped('MODIFIED', 'a', '11'), dropped('DELETED', 'z', '12')]]],
    listing,
  );
  await clock.advance(0);
  expect(store.calls).toEqual(['replace [a]@10', 'forget a', 'forget z']);
  expect(reflector.status).toMatchObject({ resourceVersion: '12', events: 2 });
});

test('objects that a watch from nowhere begins with say nothing about the position, dropped or not', async () => {
  const { clock, reflector } = start(
    [page([], '0'), [[dropped('ADDED', 'a', '7'), added('b', '3')], 1_000, [modified('b', '8')]]],
    listing,
  );
  await clock.advance(0);
  expect(reflector.status.resourceVersion).toBe('0');
  await clock.advance(1_000);
  expect(reflector.status.resourceVersion).toBe('8');
});

test('what is dropped makes room under maxObjects', async () => {
  const { clock, store, failures } = start(
    [page([widget('a', '1')], '10'), [[dropped('MODIFIED', 'a', '11'), added('b', '12')]]],
    { ...listing, maxObjects: 1 },
  );
  await clock.advance(0);
  expect(failures).toEqual([]);
  expect([...store.content.keys()]).toEqual(['b']);
});
