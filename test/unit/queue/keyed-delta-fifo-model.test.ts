import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyedDelta, KeyedDeltaFIFO } from '../../../src/queue/index.ts';

interface Item {
  metadata: { name: string };
  value: number;
}

const item = (name: string, value: number): Item => ({ metadata: { name }, value });

describe('random use of the keyed delta FIFO', () => {
  /** The rules, written down as simply as possible: a list of keys with their deltas. */
  class Model {
    entries: { key: string; deltas: KeyedDelta<Item>[] }[] = [];
    known = new Map<string, Item>();
    initial: number | undefined;
    processing = false;

    queued(key: string) {
      return this.entries.find((entry) => entry.key === key);
    }

    append(key: string, delta: KeyedDelta<Item>) {
      const entry = this.queued(key);
      if (!entry) {
        this.entries.push({ key, deltas: [delta] });
        return;
      }
      const last = entry.deltas[entry.deltas.length - 1]!;
      if (last.type === 'Deleted' && delta.type === 'Deleted') {
        if (last.finalStateUnknown) entry.deltas[entry.deltas.length - 1] = delta;
      } else entry.deltas.push(delta);
    }

    tombstone(key: string): KeyedDelta<Item> {
      const deltas = this.queued(key)?.deltas;
      const object = deltas ? deltas[deltas.length - 1]!.object : this.known.get(key);
      return { type: 'Deleted', object, finalStateUnknown: true };
    }

    gone(key: string, delta: KeyedDelta<Item>) {
      this.initial ??= 0;
      if (this.queued(key) || this.known.has(key)) this.append(key, delta);
    }
  }

  type Real = { queue: KeyedDeltaFIFO<Item>; known: Map<string, Item> };
  type Command = fc.Command<Model, Real>;

  function command(name: string, expected: (model: Model) => void, actual: (real: Real) => void): Command {
    return {
      check: () => true,
      run(model, real) {
        expected(model);
        actual(real);
        expect(real.queue.length).toBe(model.entries.length);
        expect(real.queue.hasSynced).toBe(model.initial === 0);
      },
      toString: () => name,
    };
  }

  let value = 0;
  const names = fc.constantFrom<string>('a', 'b', 'c', 'd');
  const change = (verb: 'add' | 'update' | 'delete') =>
    names.map((name) => {
      const object = item(name, ++value);
      const type = verb === 'add' ? 'Added' : 'Updated';
      return command(
        `${verb}(${name}=${object.value})`,
        (model) => {
          if (verb === 'delete') return model.gone(name, { type: 'Deleted', object, finalStateUnknown: false });
          model.initial ??= 0;
          model.append(name, { type, object });
        },
        ({ queue }) => queue[verb](object),
      );
    });
  const forget = names.map((name) =>
    command(
      `forget(${name})`,
      (model) => model.gone(name, model.tombstone(name)),
      ({ queue }) => queue.forget(name),
    ),
  );
  const replace = fc
    .tuple(fc.array(names, { maxLength: 4 }), fc.array(names, { maxLength: 2 }))
    .map(([listed, keep]) => {
      const objects = listed.map((name) => item(name, ++value));
      const kept = new Set(keep);
      return command(
        `replace(${objects.map(({ metadata, value: of }) => `${metadata.name}=${of}`)} keeping ${keep})`,
        (model) => {
          for (const object of objects) model.append(object.metadata.name, { type: 'Replaced', object });
          const missing = (key: string) => !listed.includes(key) && !kept.has(key);
          const queued = model.entries.map(({ key }) => key);
          for (const key of queued.filter(missing)) model.append(key, model.tombstone(key));
          for (const key of model.known.keys()) {
            if (missing(key) && !queued.includes(key)) model.append(key, model.tombstone(key));
          }
          model.initial ??= model.entries.length + Number(model.processing);
        },
        ({ queue }) => queue.replace(objects, '1', kept),
      );
    });
  const resync = command(
    'resync',
    (model) => {
      for (const [key, object] of model.known) if (!model.queued(key)) model.append(key, { type: 'Sync', object });
    },
    ({ queue }) => queue.resync(),
  );
  const take: Command = {
    check: () => true,
    run(model, { queue, known: cache }) {
      if (model.processing && model.initial) model.initial--;
      const expected = model.entries.shift();
      model.processing = expected !== undefined;
      const taken = queue.take();
      expect(taken && { key: taken.key, deltas: taken.deltas }).toEqual(expected);
      expect(queue.hasSynced).toBe(model.initial === 0);
      if (!taken) return;
      expect(taken.isInInitialList).toBe(model.initial !== 0);
      for (const held of [model.known, cache]) {
        const last = taken.deltas[taken.deltas.length - 1]!;
        if (last.type === 'Deleted') held.delete(taken.key);
        else held.set(taken.key, last.object);
      }
    },
    toString: () => 'take',
  };

  it('agrees with the rules written down simply', () => {
    const commands = [
      change('add'),
      change('update'),
      change('delete'),
      forget,
      replace,
      fc.constant(resync),
      fc.constant(take),
      fc.constant(take),
    ];
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 80 }), (run) => {
        const cache = new Map<string, Item>();
        const real = { queue: new KeyedDeltaFIFO<Item>({ knownObjects: cache }), known: cache };
        fc.modelRun(() => ({ model: new Model(), real }), run);
      }),
      { numRuns: 500 },
    );
  });
});
