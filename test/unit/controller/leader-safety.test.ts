import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LeaderElector, type Lease, type LeaseClient } from '../../../src/controller/index.ts';
import { ApiStatusError } from '../../../src/kubernetes/index.ts';
import { type Clock, type Random, sleep } from '../../../src/runtime/index.ts';
import { FakeClock, seededRandom } from '../../../src/testing/index.ts';

/** A clock that runs faster or slower than the true one, and whose idea of the date is arbitrary and jumps. */
function skewed(clock: FakeClock, rate: number, random: Random): Clock {
  const start = clock.monotonic();
  const own = () => (clock.monotonic() - start) * rate;
  return {
    now: () => Math.floor(clock.now() + (random() - 0.5) * 600_000),
    monotonic: own,
    setTimer: (callback, delay) => clock.setTimer(callback, delay / rate),
  };
}

const refused = (code: number, reason: string) =>
  new ApiStatusError(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason },
    { request: 'lease' },
  );

/** One lease, as a server keeps it. */
class LeaseServer {
  #lease: Lease | undefined;
  #version = 0;

  get(): Lease {
    if (!this.#lease) throw refused(404, 'NotFound');
    return structuredClone(this.#lease);
  }

  put(object: Lease, create: boolean): Lease {
    if (create && this.#lease) throw refused(409, 'AlreadyExists');
    if (!create && !this.#lease) throw refused(404, 'NotFound');
    if (!create && this.#lease?.metadata.resourceVersion !== object.metadata.resourceVersion)
      throw refused(409, 'Conflict');
    this.#lease = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
    return this.get();
  }
}

interface Link {
  /** Milliseconds that a message is under way, at most. */
  latency: number;
  /** The part of messages that are lost. */
  loss: number;
}

/**
 * A network between a candidate and the server. A request that was given up may still arrive, late; an answer may be lost when the deed
 * is done.
 */
function network(server: LeaseServer, clock: FakeClock, link: Link, random: Random): LeaseClient {
  const travel = async () => {
    if (random() < link.loss) await new Promise(() => {});
    const delay = random() * link.latency;
    if (delay > 1) await sleep(clock, delay);
  };
  const send = async (deed: () => Lease) => {
    await travel();
    let answer: Lease | undefined;
    let thrown: unknown;
    try {
      answer = deed();
    } catch (caught) {
      thrown = caught;
    }
    await travel();
    if (thrown) throw thrown;
    return answer as Lease;
  };
  return {
    resource: () => ({
      get: () => send(() => server.get()),
      create: (object) => send(() => server.put(object as Lease, true)),
      replace: (object) => send(() => server.put(object as Lease, false)),
    }),
  };
}

const fault = fc.record({
  candidate: fc.nat(2),
  what: fc.constantFrom('cut', 'slow', 'lossy', 'heal', 'stop', 'crash', 'double'),
  after: fc.integer({ min: 200, max: 20_000 }),
});

it('S000-31 there are never two leaders at once, whatever the network, the clocks and the candidates do, and one when all is well again', async () => {
  const property = fc.asyncProperty(
    fc.array(fault, { minLength: 1, maxLength: 14 }),
    // Up to the quotient that the numbers allow for: 15 s to 10 s.
    fc.array(fc.constantFrom(0.84, 1, 1.22), { minLength: 3, maxLength: 3 }),
    fc.nat(),
    async (faults, rates, seed) => {
      const clock = new FakeClock();
      const random = seededRandom(seed);
      const server = new LeaseServer();
      const everybody: { readonly name: string; readonly elector: LeaderElector; signal?: AbortSignal }[] = [];
      const violations: string[] = [];
      /** Of those that are heard of again when all is well: all but the crashed. */
      const alive = new Set<Link>();
      const noTwo = (about: string) => {
        const leading = everybody.filter(({ elector }) => elector.isLeader).map(({ name }) => name);
        const allowed = everybody.filter(({ signal }) => signal && !signal.aborted).map(({ name }) => name);
        if (leading.length > 1 || allowed.length > 1) violations.push(`${about}: ${leading} lead, ${allowed} may`);
      };
      const enter = (place: number) => {
        const link: Link = { latency: 50, loss: 0 };
        alive.add(link);
        const stop = new AbortController();
        // The name is that of its predecessor: a pod that was restarted.
        const member: (typeof everybody)[number] = {
          name: `${place}`,
          elector: new LeaderElector({
            client: network(server, clock, link, random),
            namespace: 'shop',
            name: 'operator',
            identity: `candidate ${place}`,
            clock: skewed(clock, rates[place] ?? 1, random),
            random,
            onError: () => {},
            onStartedLeading: async (signal) => {
              member.signal = signal;
              noTwo('at the start of a term');
              await new Promise((resolve) => signal.addEventListener('abort', resolve));
              await sleep(clock, random() * 8_000);
            },
          }),
        };
        everybody.push(member);
        void member.elector.run(stop.signal);
        return { link, stop };
      };
      const pass = async (duration: number) => {
        for (let left = duration; left > 0; left -= 250) {
          await clock.advance(Math.min(250, left));
          noTwo('between');
        }
      };
      const places = [0, 1, 2].map(enter);
      for (const { candidate, what, after } of faults) {
        await pass(after);
        const place = places[candidate]!;
        if (what === 'cut') place.link.loss = 1;
        else if (what === 'slow') place.link.latency = 3_000;
        else if (what === 'lossy') Object.assign(place.link, { latency: 2_000, loss: 0.4 });
        else if (what === 'heal') Object.assign(place.link, { latency: 50, loss: 0 });
        else {
          if (what === 'stop') place.stop.abort();
          // It is heard of no more, but does not know it: its work goes on for as long as it believes to lead.
          if (what === 'crash') {
            place.link.loss = 1;
            alive.delete(place.link);
          }
          // Else there are two of the same name.
          places[candidate] = enter(candidate);
        }
      }
      for (const link of alive) Object.assign(link, { latency: 50, loss: 0 });
      await pass(90_000);
      expect(violations).toEqual([]);
      expect(everybody.filter(({ elector }) => elector.isLeader)).toHaveLength(1);
    },
  );
  await fc.assert(property, {
    numRuns: Number(process.env.RUNS ?? 25),
    ...(process.env.SEED && { seed: Number(process.env.SEED) }),
  });
});
