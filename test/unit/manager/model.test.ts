import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InformerEvent } from '../../../src/informer/index.ts';
import { type KubeObject, keyOf } from '../../../src/kubernetes/index.ts';
import { type Manager, watchRequest } from '../../../src/manager/index.ts';
import type { FakeClock } from '../../../src/testing/index.ts';
import { configMap, configMaps, owner, pass, quiet, type Rig, rig, until } from './rig.ts';

const owners = ['ann', 'bob', 'cat'];
const names = ['a', 'b', 'c', 'd'];
const coalesceAbove = 2;

const anOwner = fc.constantFrom(...owners);
/** `''` is the collection. */
const aTarget = fc.constantFrom('', ...names);

type Step =
  | { readonly do: 'add' | 'stop'; readonly owner: string; readonly target: string }
  | { readonly do: 'replace'; readonly owner: string; readonly target: string; readonly next: string }
  | { readonly do: 'want'; readonly owner: string; readonly targets: readonly string[] }
  | { readonly do: 'gone'; readonly owner: string }
  | { readonly do: 'write' | 'delete'; readonly name: string }
  | { readonly do: 'disconnect' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), owner: anOwner, target: aTarget }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), owner: anOwner, target: aTarget }) },
  fc.record({ do: fc.constant('replace' as const), owner: anOwner, target: aTarget, next: aTarget }),
  fc.record({ do: fc.constant('want' as const), owner: anOwner, targets: fc.uniqueArray(aTarget, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('gone' as const), owner: anOwner }),
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('write' as const, 'delete' as const), name: fc.constantFrom(...names) }),
  },
  fc.record({ do: fc.constant('disconnect' as const) }),
);

/** What one watch has heard: from its first event on each follows from the one before. */
class Ear {
  readonly known = new Map<string, string>();
  readonly faults: string[] = [];
  readonly hear = (event: InformerEvent<KubeObject>): void => {
    const key = keyOf(event.object);
    const { uid, resourceVersion } = event.object.metadata;
    const state = `${uid}@${resourceVersion}`;
    const before = this.known.get(key);
    if ((event.type === 'add') !== (before === undefined)) this.faults.push(`${event.type} of ${key} after ${before}`);
    if (event.type === 'update') {
      const { metadata } = event.oldObject;
      if (`${metadata.uid}@${metadata.resourceVersion}` !== before) this.faults.push(`a gap before ${key} ${state}`);
      if (state === before) this.faults.push(`${key} ${state} again`);
    }
    if (event.type === 'delete') this.known.delete(key);
    else this.known.set(key, state);
  };
}

/** Which watches there are, and what each of them has heard. */
class Model {
  readonly watches = new Map<string, Ear>();
  readonly #manager: Manager;
  readonly #ears: Ear[] = [];

  constructor(manager: Manager) {
    this.#manager = manager;
  }

  get faults(): readonly string[] {
    return this.#ears.flatMap(({ faults }) => faults);
  }

  async take(r: Rig, next: Step): Promise<void> {
    switch (next.do) {
      case 'add':
        await this.#add(next.owner, next.target);
        return;
      case 'stop':
        for (const { key } of this.#handles(next.owner, next.target)) await this.#manager.stopKey(key);
        this.watches.delete(`${next.owner} ${next.target}`);
        return;
      case 'replace':
        return this.#replace(next.owner, next.target, next.next);
      case 'want': {
        const requests = next.targets.map((target) => watchRequest(this.#request(next.owner, target)));
        for (const id of this.#of(next.owner)) if (!next.targets.includes(id.split(' ')[1]!)) this.watches.delete(id);
        await this.#manager.setDesired(owner(next.owner), requests);
        return;
      }
      case 'gone':
        await this.#manager.stopForOwner(owner(next.owner));
        for (const id of this.#of(next.owner)) this.watches.delete(id);
        return;
      case 'write': {
        const there = r.server.get<KubeObject>(configMaps, 'shop', next.name);
        const value = String(r.server.resourceVersion);
        if (there) r.server.update(configMap(next.name, value));
        else r.server.create(configMap(next.name, value));
        return;
      }
      case 'delete':
        if (r.server.get(configMaps, 'shop', next.name)) r.server.delete(configMaps, 'shop', next.name);
        return;
      case 'disconnect':
        r.server.resetConnections();
    }
  }

  /** The sources that there must be: by name while they are few, one of the collection else. */
  sources(mayBeShared: boolean): readonly string[] {
    const targets = new Set(Array.from(this.watches.keys(), (id) => id.split(' ')[1]!));
    const byName = [...targets].filter((target) => target !== '');
    const shared = byName.length > coalesceAbove || (mayBeShared && byName.length > coalesceAbove / 2);
    const wanted = shared ? [] : byName.map((name) => `metadata.name=${name}`);
    return [...(shared || targets.has('') ? [''] : []), ...wanted].sort();
  }

  #of(of: string): string[] {
    return [...this.watches.keys()].filter((id) => id.startsWith(`${of} `));
  }

  #handles(of: string, target: string) {
    return this.#manager.list({ owner: owner(of) }).filter(({ request }) => (request.target.name ?? '') === target);
  }

  #ear(of: string, target: string): Ear {
    const id = `${of} ${target}`;
    let ear = this.watches.get(id);
    if (!ear) {
      ear = new Ear();
      this.#ears.push(ear);
      this.watches.set(id, ear);
    }
    return ear;
  }

  #request(of: string, target: string, ear = this.#ear(of, target)) {
    return {
      target: { gvr: configMaps, namespace: 'shop', ...(target !== '' && { name: target }) },
      handlers: ear.hear,
    };
  }

  async #add(of: string, target: string): Promise<void> {
    await this.#manager.add({ owner: owner(of), ...this.#request(of, target) });
  }

  /** The same ear goes on to hear another target; what it knows of others it keeps without being told. */
  async #replace(of: string, target: string, next: string): Promise<void> {
    const [handle] = this.#handles(of, target);
    if (!handle || target === next || this.watches.has(`${of} ${next}`)) return;
    const ear = this.watches.get(`${of} ${target}`)!;
    await this.#manager.replace(handle.key, { owner: owner(of), ...this.#request(of, next, ear) });
    this.watches.delete(`${of} ${target}`);
    this.watches.set(`${of} ${next}`, ear);
    if (next !== '') for (const key of [...ear.known.keys()]) if (key !== `shop/${next}`) ear.known.delete(key);
  }
}

/** Whatever waits for time gets it, until what is asked for is there. */
async function settled<R>(clock: FakeClock, work: Promise<R>): Promise<R> {
  let done = false;
  const end = work.finally(() => {
    done = true;
  });
  for (let round = 0; round < 400 && !done; round++) {
    await quiet(4);
    if (round % 20 === 19) await clock.advance(1_000);
  }
  return end;
}

test('whatever is asked for in whatever order: the watches and sources are those of the model, and each watch hears a history without gaps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using r = await rig({ coalesceAbove, linger: 0 });
      const model = new Model(r.manager);
      for (const next of steps) await settled(r.clock, model.take(r, next));
      await pass(r.clock, 40_000, 4_000);
      const watches = r.manager.list().map(({ request, status }) => {
        const of = status().owner;
        return `${'pin' in of ? of.pin : of.name} ${request.target.name ?? ''}`;
      });
      expect(watches.sort()).toEqual([...model.watches.keys()].sort());
      const sources = r.manager.sources().map(({ fieldSelector }) => fieldSelector);
      // Between half and all of the names the past decides.
      const [one, other] = [model.sources(false), model.sources(true)];
      expect([one, other]).toContainEqual(sources.sort());
      await until(
        () => r.server.watches === sources.length,
        () => [r.server.watches, sources],
      );
      expect(model.faults).toEqual([]);
      for (const [id, ear] of model.watches) {
        const target = id.split(' ')[1]!;
        const there = r.server.list<KubeObject>(configMaps, { namespace: 'shop' });
        const wanted = there.filter(({ metadata }) => target === '' || metadata.name === target);
        const states = wanted.map(({ metadata }) => [
          `shop/${metadata.name}`,
          `${metadata.uid}@${metadata.resourceVersion}`,
        ]);
        expect([...ear.known].sort(), id).toEqual(states.sort());
      }
      // And without anybody there is nothing left.
      for (const name of owners) await settled(r.clock, r.manager.stopForOwner(owner(name)));
      expect([r.manager.list(), r.manager.sources()]).toEqual([[], []]);
    }),
    { numRuns: Number(process.env.MANAGER_RUNS ?? 40) },
  );
}, 60_000);
