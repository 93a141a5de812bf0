import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  type CheckpointEvent,
  type CheckpointStore,
  fileCheckpoint,
  SharedIndexInformer,
} from '../../../src/informer/index.ts';
import { type KubeInformerError, Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { line } from './rig.ts';
import { Source, type Thing, thing, until } from './source.ts';

class Memory implements CheckpointStore {
  saved: Checkpoint | undefined;
  saves = 0;
  readonly failures: Error[] = [];

  async load(): Promise<Checkpoint | undefined> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return this.saved;
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.saves++;
    this.saved = checkpoint;
  }
}

function textOf(event: CheckpointEvent<Thing>): string {
  if (event.type === 'missedUpdate') return `missed update ${event.object.metadata.name} >${event.object.spec.size}`;
  if (event.type === 'missedDelete') return `missed delete ${event.key} of ${event.last.uid}`;
  return line(event);
}

/** One life of a process that watches `source`. */
function live(source: Source, store: CheckpointStore, handle: (event: CheckpointEvent<Thing>) => unknown = () => {}) {
  const clock = new FakeClock();
  const turns = new Turns({ clock, slice: 0 });
  const informer = new SharedIndexInformer<Thing>({ listerWatcher: source, clock, turns, name: 'things' });
  const errors: KubeInformerError[] = [];
  informer.on('error', (error) => errors.push(error));
  const lines: string[] = [];
  const registration = informer.addEventHandler(
    (event) => {
      lines.push(textOf(event));
      return handle(event);
    },
    { checkpoint: { store, interval: 5_000 } },
  );
  informer.start();
  return { clock, informer, errors, lines, registration, stop: () => informer.stop() };
}

describe('S000-19: a handler with a checkpoint', () => {
  test('hears after a restart of exactly what changed while it was down', async () => {
    const source = new Source(
      'things',
      Array.from({ length: 1_000 }, (_, at) => thing(`t${at}`, 1)),
    );
    for (const name of ['changed', 'gone', 'recreated']) source.put(thing(name, 1));
    const store = new Memory();
    const first = live(source, store);
    await first.registration.ready;
    expect(first.lines).toHaveLength(1_003);
    await first.stop();

    const { uid } = source.objects.get('shop/recreated')!.metadata;
    const gone = source.delete('gone');
    source.delete('recreated');
    source.put(thing('recreated', 2));
    source.put(thing('changed', 2));
    source.put(thing('changed', 3));
    source.put(thing('new', 1));
    const second = live(source, store);
    await second.registration.ready;
    expect(second.lines.sort()).toEqual([
      'add new 1 initial',
      'add recreated 2 initial',
      `missed delete shop/gone of ${gone.metadata.uid}`,
      `missed delete shop/recreated of ${uid}`,
      'missed update changed >3',
    ]);
    source.put(thing('t1', 2));
    await until(() => second.lines.length === 6);
    expect(second.lines[5]).toBe('update t1 1>2');
    await second.stop();
    expect(second.clock.pendingTimers).toBe(0);

    const third = live(source, store);
    await third.registration.ready;
    expect(third.lines).toEqual([]);
    await third.stop();
    expect(second.errors.concat(third.errors)).toEqual([]);
  });

  test('what it failed to handle is given again after the restart', async () => {
    const source = new Source('things', [thing('a', 1), thing('b', 1), thing('c', 1)]);
    const store = new Memory();
    const first = live(source, store, (event) => {
      if (event.type === 'add' && event.object.metadata.name === 'b') throw new Error('odd');
    });
    await first.registration.ready;
    source.put(thing('c', 2));
    await until(() => first.lines.length === 4);
    await first.stop();
    expect(first.errors.map(({ code }) => code)).toEqual(['HandlerFailed']);

    source.delete('c');
    const second = live(source, store, (event) => {
      if (event.type === 'missedDelete') throw new Error('odd');
    });
    await second.registration.ready;
    await second.stop();
    const third = live(source, store);
    await third.registration.ready;
    await third.stop();
    expect(second.lines).toEqual(['add b 1 initial', 'missed delete shop/c of uid-3']);
    expect(third.lines).toEqual(['missed delete shop/c of uid-3']);
  });

  test('an object that comes back while the initial list is read is first told as gone', async () => {
    const source = new Source('things', [thing('a', 1)]);
    const store = new Memory();
    store.saved = new Map([['shop/a', { uid: 'long ago', resourceVersion: '1' }]]);
    const { lines, registration, stop } = live(source, store);
    await registration.ready;
    expect(lines).toEqual(['missed delete shop/a of long ago', 'add a 1 initial']);
    await stop();
  });

  test('it is saved at most once an interval, when something was handled, and on the way out', async () => {
    const source = new Source('things', [thing('a', 1)]);
    const store = new Memory();
    const { clock, registration, lines, stop } = live(source, store);
    await registration.ready;
    await clock.advance(4_999);
    expect(store.saves).toBe(0);
    await clock.advance(1);
    expect(store.saves).toBe(1);
    await clock.advance(60_000);
    expect(store.saves).toBe(1);
    source.put(thing('a', 2));
    await until(() => lines.length === 2);
    await stop();
    expect(store.saves).toBe(2);
    expect(store.saved?.get('shop/a')?.resourceVersion).toBe(source.version);
  });

  test('removing the handler saves, too', async () => {
    const store = new Memory();
    const { registration, stop } = live(new Source('things', [thing('a', 1)]), store);
    await registration.ready;
    await registration.remove();
    expect(store.saved?.size).toBe(1);
    await stop();
  });

  test('the handler is not called until the checkpoint is loaded; failures are reported and tried again', async () => {
    const store = new Memory();
    store.failures.push(new Error('disk'), new Error('disk'));
    const { clock, lines, errors, registration, stop } = live(new Source('things', [thing('a', 1)]), store);
    await settle(50);
    expect(lines).toEqual([]);
    await clock.advance(1_000);
    expect(lines).toEqual([]);
    await clock.advance(2_000);
    await registration.ready;
    expect(lines).toEqual(['add a 1 initial']);
    expect(errors.map(({ code }) => code)).toEqual(['CheckpointFailed', 'CheckpointFailed']);
    await stop();
  });

  test('a load that never succeeds does not hold up the stop', async () => {
    const store = new Memory();
    for (let count = 0; count < 100; count++) store.failures.push(new Error('disk'));
    const { clock, stop } = live(new Source('things', [thing('a', 1)]), store);
    await settle(50);
    await stop();
    expect(clock.pendingTimers).toBe(0);
    expect(store.saves).toBe(0);
  });

  test('a save that fails is reported, and tried again after the next event', async () => {
    const store = new Memory();
    const source = new Source('things', [thing('a', 1)]);
    const { clock, errors, lines, registration, stop } = live(source, store);
    await registration.ready;
    store.failures.push(new Error('disk'));
    await clock.advance(5_000);
    expect(errors.map(({ code }) => code)).toEqual(['CheckpointFailed']);
    source.put(thing('b', 1));
    await until(() => lines.length === 2);
    await clock.advance(5_000);
    expect(store.saved?.size).toBe(2);
    await stop();
  });
});

describe('a checkpoint in a file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('comes back as it was saved, and leaves nothing beside it', async () => {
    const store = fileCheckpoint(join(directory, 'things'));
    expect(await store.load()).toBeUndefined();
    const entries = Array.from({ length: 2_500 }, (_, at) => [
      `shop/t${at}`,
      { uid: `"${at}\n`, resourceVersion: `${at}` },
    ]);
    const checkpoint = new Map(entries as [string, { uid: string; resourceVersion: string }][]);
    await store.save(checkpoint);
    expect(await store.load()).toEqual(checkpoint);
    await store.save(new Map());
    expect(await store.load()).toEqual(new Map());
    expect(await readdir(directory)).toEqual(['things']);
  });

  test.each(['', '{}', 'kube-informer checkpoint 1 2\n["a","b","c"]\n', 'kube-informer checkpoint 1 1\n["a","b"]\n'])(
    'what is no whole checkpoint is refused: %j',
    async (text) => {
      const path = join(directory, 'things');
      await writeFile(path, text);
      await expect(fileCheckpoint(path).load()).rejects.toMatchObject({ code: 'CheckpointFailed' });
    },
  );

  test('a save that fails leaves the old one', async () => {
    const path = join(directory, 'things');
    const store = fileCheckpoint(path);
    await store.save(new Map([['a', { uid: 'u', resourceVersion: '1' }]]));
    const before = await readFile(path, 'utf8');
    const broken = new Map([['a', { uid: 'u', resourceVersion: '1' }]]);
    broken.entries = () => {
      throw new Error('odd');
    };
    broken[Symbol.iterator] = broken.entries;
    await expect(store.save(broken)).rejects.toThrow('odd');
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(directory)).toEqual(['things']);
  });
});
