import { expect } from 'vitest';
import {
  type ControllerOptions,
  createController,
  type Reason,
  type ReconcileFailure,
  requestKey,
} from '../../../src/controller/index.ts';
import type { KubeInformerError } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';
import { FakeInformer } from './fixtures.ts';

export interface Run {
  readonly key: string;
  /** Milliseconds since the start of the test. */
  readonly at: number;
  readonly reasons: readonly Reason[];
  readonly signal: AbortSignal;
}

/** A controller over one fake informer whose reconcile notes each run and then does what the test says. */
export function setUp(
  body: (run: Run, runs: readonly Run[]) => ReturnType<ControllerOptions['reconcile']> = () => {},
  options: Partial<ControllerOptions> = {},
) {
  const clock = new FakeClock();
  const start = clock.monotonic();
  const informer = new FakeInformer();
  const abort = new AbortController();
  const runs: Run[] = [];
  const failures: (ReconcileFailure & { readonly error: KubeInformerError })[] = [];
  const controller = createController({
    name: 'widgets',
    ...(!options.sources && { informers: [informer] }),
    clock,
    onError: (error, failure) => failures.push({ error, ...failure }),
    ...options,
    reconcile: (request, { reasons, signal }) => {
      const run = { key: requestKey(request), at: clock.monotonic() - start, reasons, signal };
      runs.push(run);
      return body(run, runs);
    },
  });
  const stop = async (ended: Promise<void>) => {
    abort.abort();
    await ended;
    expect(clock.pendingTimers).toBe(0);
    expect(informer.handlers.size).toBe(0);
  };
  return { clock, informer, abort, runs, failures, controller, stop };
}
