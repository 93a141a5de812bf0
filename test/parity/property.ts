import fc from 'fast-check';

/**
 * Asserts a property. What fails is printed with its seed and path; `SEED=1234 npx vitest run test/parity` replays it, `RUNS` makes it longer.
 */
export async function holds<Values extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<Values>,
  runs: number,
): Promise<void> {
  const { SEED, RUNS } = process.env;
  await fc.assert(property, { numRuns: RUNS ? Number(RUNS) : runs, ...(SEED && { seed: Number(SEED) }) });
}
