import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeepReadonly, KubeObject } from '../../../../src/index.ts';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { EventLog } from '../../../../src/watcher/cache/event-log.ts';
import type { KindEvent } from '../../../../src/watcher/cache/index.ts';
import { startAfter } from '../../../../src/watcher/query/event-id.ts';
import { whole } from '../../../../src/watcher/query/forms.ts';
import { eventStream } from '../../../../src/watcher/query/framing.ts';
import type { Sink } from '../../../../src/watcher/query/index.ts';
import { streamWatch, type Watched, type WatchOptions, type WatchStart } from '../../../../src/watcher/query/watch.ts';
import { EventParser } from '../../../support/event-source.ts';

interface Thing extends KubeObject {
  /** The version of the state before, to see that no change is left out. */
  readonly before: string;
  readonly wanted: boolean;
}

/** As much of a cached kind as a watch reads; what is applied is in the log when `write` is called. */
class Model implements Watched {
  readonly resource = { group: '', version: 'v1', kind: 'Thing' };
  readonly phase = 'live';
  readonly objects = new Map<string, Thing>();
  readonly log: EventLog;
  #version = 100;
  readonly #applied: Omit<KindEvent, 'seq'>[] = [];

  constructor(capacity: number) {
    this.log = new EventLog(capacity);
  }

  get seq() {
    return this.log.seq + this.#applied.length;
  }

  get resourceVersion() {
    return String(this.#version);
  }

  onChange() {
    return () => undefined;
  }

  snapshot() {
    this.log.note(this.resourceVersion, this.seq);
    return { objects: [...this.objects.values()], seq: this.seq, resourceVersion: this.resourceVersion };
  }

  set(name: string, wanted = true): void {
    const old = this.objects.get(name);
    const resourceVersion = String(++this.#version);
    const metadata = { name, namespace: 'web', uid: name, resourceVersion, creationTimestamp: '' };
    const before = old?.metadata.resourceVersion ?? '';
    const object = { apiVersion: 'v1', kind: 'Thing', metadata, before, wanted };
    this.objects.set(name, object);
    this.#applied.push({ type: old ? 'MODIFIED' : 'ADDED', object, oldObject: old, origin: 'live', at: 0 });
  }

  remove(name: string): void {
    const old = this.objects.get(name);
    if (!old) return;
    this.objects.delete(name);
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } };
    this.#applied.push({ type: 'DELETED', object, oldObject: object, origin: 'live', at: 0 });
  }

  write(): void {
    for (const event of this.#applied.splice(0)) {
      this.log.append(event);
    }
  }
}

/** A connection: what the server wrote to it. */
function connect(model: Watched, start: WatchStart, more: Partial<WatchOptions> & { clock?: FakeClock } = {}) {
  const ending = new AbortController();
  const written: Buffer[] = [];
  const sink: Sink = {
    signal: ending.signal,
    write: (bytes) => {
      written.push(bytes);
      return true;
    },
    drained: async () => undefined,
  };
  const options = {
    matches: () => true,
    bookmarks: false,
    timeout: 1e9,
    clock: new FakeClock(),
    form: whole,
    framing: eventStream,
    ...more,
  };
  const done = streamWatch(model, start, options, sink);
  return { done, text: () => Buffer.concat(written).toString(), cut: () => ending.abort() };
}

/** Keeps a copy by what it is told, and knows when it was not told something, or was told it twice. */
class Client {
  readonly copy = new Map<string, Thing>();
  readonly problems: string[] = [];
  resets = 0;
  readonly #model: Model;
  readonly #matches: (thing: Thing) => boolean;
  #id = '';

  constructor(model: Model, matches: (thing: Thing) => boolean) {
    this.#model = model;
    this.#matches = matches;
  }

  connect() {
    const start: WatchStart = this.#id ? startAfter(this.#model, this.#id, false) : { from: 'snapshot', mark: false };
    return connect(this.#model, start, { matches: (object) => this.#matches(object as DeepReadonly<Thing> as Thing) });
  }

  read(text: string): void {
    const parser = new EventParser(this.#id);
    for (const { data } of parser.read(text)) {
      const { type, object } = JSON.parse(data) as { type: string; object: Thing & { code?: number } };
      this.#take(type, object);
    }
    this.#id = parser.lastEventId;
  }

  #take(type: string, object: Thing & { code?: number }): void {
    if (type === 'ERROR') {
      if (object.code !== 410) this.problems.push(`error ${object.code}`);
      this.resets++;
      this.copy.clear();
      return;
    }
    const { name, resourceVersion } = object.metadata;
    const known = this.copy.get(name);
    if ((type === 'ADDED') === (known !== undefined))
      this.problems.push(`${type} ${name} ${known ? 'again' : 'unknown'}`);
    if (known && Number(known.metadata.resourceVersion) >= Number(resourceVersion)) this.problems.push(`${name} back`);
    if (type === 'MODIFIED' && object.before !== known?.metadata.resourceVersion) this.problems.push(`${name} gap`);
    if (type === 'DELETED') this.copy.delete(name);
    else this.copy.set(name, object);
  }
}

type Step =
  | { readonly do: 'set'; readonly name: string; readonly wanted: boolean }
  | { readonly do: 'remove'; readonly name: string }
  | { readonly do: 'write' }
  | { readonly do: 'settle' }
  | { readonly do: 'cut'; readonly after: number };

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), name: names, wanted: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), name: names }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'write' }, { do: 'settle' }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constant('cut' as const), after: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
);

async function play(steps: readonly Step[], capacity: number, matches: (thing: Thing) => boolean): Promise<Client> {
  const model = new Model(capacity);
  for (const name of ['a', 'b', 'c', 'd']) model.set(name);
  model.write();
  const client = new Client(model, matches);
  let connection = client.connect();
  const reconnect = async (after: number) => {
    connection.cut();
    await connection.done;
    const text = connection.text();
    client.read(text.slice(0, Math.floor(text.length * after)));
    connection = client.connect();
  };
  for (const each of steps) {
    if (each.do === 'set') model.set(each.name, each.wanted);
    else if (each.do === 'remove') model.remove(each.name);
    else if (each.do === 'write') model.write();
    else if (each.do === 'settle') await settle(3);
    else await reconnect(each.after);
  }
  model.write();
  // What the last connection was told may be that it is too late: then one more brings the state.
  for (let round = 0; round < 3; round++) {
    await settle(3);
    await reconnect(1);
  }
  connection.cut();
  await connection.done;
  const versions = (things: Iterable<Thing>) =>
    Array.from(things, ({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
  expect(client.problems).toEqual([]);
  expect(versions(client.copy.values())).toEqual(versions([...model.objects.values()].filter(matches)));
  return client;
}

describe('a stream that goes on after its last event', () => {
  test('S003-47: leaves nothing out and tells nothing twice, wherever it is cut, also in the middle of the initial state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const { resets } = await play(steps, 1_000, () => true);
        expect(resets).toBe(0);
      }),
      { numRuns: Number(process.env.SEEDS ?? 300) },
    );
  });

  test('S003-47: cut in the initial state, and again in what became of the part that was told, it still tells the rest', async () => {
    const model = new Model(100);
    for (const name of ['d', 'b', 'a', 'c']) model.set(name);
    model.write();
    let id = '';
    const told: string[] = [];
    /** Connects, is told so many events, and is cut off. */
    const hear = async (count: number) => {
      const connection = connect(model, id ? startAfter(model, id, false) : { from: 'snapshot', mark: false });
      await settle(3);
      connection.cut();
      await connection.done;
      for (const event of new EventParser(id).read(connection.text()).slice(0, count)) {
        const { type, object } = JSON.parse(event.data);
        told.push(`${type} ${object.metadata.name}`);
        id = event.lastEventId;
      }
    };
    await hear(2);
    model.set('a');
    model.set('d');
    model.remove('b');
    model.write();
    await hear(1);
    await hear(2);
    await hear(10);
    expect(told).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b', 'ADDED c', 'ADDED d']);
  });

  test('S003-47: also of a selection that objects enter and leave', async () => {
    const steps = fc.array(step, { minLength: 5, maxLength: 60 });
    const wanted = ({ wanted }: Thing) => wanted;
    await fc.assert(
      fc.asyncProperty(steps, async (each) => {
        expect((await play(each, 1_000, wanted)).resets).toBe(0);
      }),
      { numRuns: Number(process.env.SEEDS ?? 100) },
    );
  });

  test('S003-47: is told with 410 where the log no longer reaches back, and begins anew', async () => {
    let resets = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        resets += (await play(steps, 4, () => true)).resets;
      }),
      { numRuns: Number(process.env.SEEDS ?? 100) },
    );
    expect(resets).toBeGreaterThan(0);
  });
});

describe('a stream of events', () => {
  test('S003-47: says when to try again, and gives signs of life whose ids move on with what does not concern it', async () => {
    const model = new Model(5);
    model.set('a');
    model.write();
    const clock = new FakeClock();
    const matches = ({ metadata }: DeepReadonly<KubeObject>) => metadata.name === 'a';
    const connection = connect(model, { from: 'snapshot', mark: false }, { clock, matches });
    await settle();
    const parser = new EventParser();
    let read = 0;
    const more = () => {
      const text = connection.text().slice(read);
      read += text.length;
      return parser.read(text);
    };
    expect(more()).toHaveLength(1);
    expect(parser.retry).toBe(2_000);
    const first = parser.lastEventId;
    // More than the log keeps.
    for (let count = 0; count < 20; count++) {
      model.set('b');
      model.write();
    }
    expect(startAfter(model, first, false)).toEqual({ from: 'nowhere' });
    const comments = parser.comments;
    await clock.advance(14_999);
    expect([more(), parser.comments]).toEqual([[], comments]);
    await clock.advance(1);
    expect([more(), parser.comments]).toEqual([[], comments + 1]);
    expect(startAfter(model, parser.lastEventId, false)).toMatchObject({ from: 'position', seq: model.seq });
    await clock.advance(15_000);
    more();
    expect(parser.comments).toBe(comments + 2);
    connection.cut();
    await connection.done;
    expect(clock.pendingTimers).toBe(0);
  });

  test('S003-47: an id of another run of the service leads on by its resource version, or nowhere', async () => {
    const before = new Model(10);
    before.set('a');
    before.write();
    const connection = connect(before, { from: 'snapshot', mark: false });
    await settle();
    const parser = new EventParser();
    parser.read(connection.text());
    connection.cut();
    await connection.done;
    const after = new Model(10);
    after.set('a');
    after.write();
    const seq = after.snapshot().seq;
    after.set('b');
    after.write();
    expect(startAfter(after, parser.lastEventId, false)).toEqual({ from: 'position', seq, newerThan: undefined });
    const other = new Model(10);
    for (const name of ['x', 'y', 'z']) other.set(name);
    other.log.note('5000', 0);
    expect(startAfter(other, parser.lastEventId, false)).toEqual({ from: 'nowhere' });
    for (const id of ['', 'a;b', `${other.log.id};zz;;`, `${other.log.id};0;;%`, 'x'.repeat(10_000)]) {
      expect(startAfter(other, id, false)).toEqual({ from: 'nowhere' });
    }
  });
});

describe('a reader that does not read', () => {
  test('S003-47: is dropped with a Status after a minute; its last event stays a place to go on from', async () => {
    const model = new Model(1_000);
    model.set('a');
    model.write();
    const clock = new FakeClock();
    const written: string[] = [];
    const sink: Sink = {
      signal: new AbortController().signal,
      write: (bytes) => {
        written.push(bytes.toString());
        return false;
      },
      drained: () => new Promise<void>(() => undefined),
    };
    const options = { matches: () => true, bookmarks: false, timeout: 1e9, clock, form: whole, framing: eventStream };
    const done = streamWatch(model, { from: 'snapshot', mark: false }, options, sink);
    await settle();
    for (let count = 0; count < 500; count++) {
      model.set('a');
      model.write();
    }
    await clock.advance(59_999);
    expect(written).toHaveLength(1);
    await clock.advance(1);
    await done;
    expect(written).toHaveLength(2);
    const parser = new EventParser();
    const events = parser.read(written.join('')).map(({ data }) => JSON.parse(data));
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'ERROR']);
    expect(events[1].object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    expect(startAfter(model, parser.lastEventId, false)).toMatchObject({ from: 'position', seq: 1 });
    expect(clock.pendingTimers).toBe(0);
  });
});
