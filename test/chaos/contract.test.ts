import { describe, expect, it } from 'vitest';
import { runScenario } from './scenario.ts';

/**
 * The contract, under everything that can go wrong at once.
 *
 * `SEEDS=1000` sets how many histories are tried, `SEED=123` replays one.
 */
const only = process.env.SEED;
const count = Number(process.env.SEEDS ?? 100);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
const batch = 25;

describe('the contract holds after random writes and faults', () => {
  for (let start = 0; start < seeds.length; start += batch) {
    const some = seeds.slice(start, start + batch);
    it(`seeds ${some[0]} to ${some.at(-1)}`, { timeout: 120_000 }, async () => {
      for (const seed of some) {
        const broken = await runScenario(seed);
        expect(broken, `replay with SEED=${seed} npx vitest run test/chaos/contract.test.ts`).toEqual([]);
      }
    });
  }
});
