import { FakeClock } from '../../../../src/testing/index.ts';
import { checkConfig, type SinkSpec } from '../../../../src/watcher/config/index.ts';
import { type Sink, Sinks } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import type { TestService } from '../../../support/service.ts';

export interface SinkChoice {
  readonly clock?: FakeClock;
  /** Default: this machine. */
  readonly allow?: readonly string[];
}

/** A sink as a subscription to pods has it that says no more than `given`. */
export function sinkOf(given: object, { clock = new FakeClock(), allow = ['127.0.0.1'] }: SinkChoice = {}) {
  const sinks = new Sinks({ allow: new Set(allow), files: [], callbacks: {}, clock });
  const match = { target: { version: 'v1', kind: 'Pod' } };
  const config = checkConfig({ subscriptions: [{ name: 'pods', match, sinks: [given as SinkSpec] }] });
  const spec = config.subscriptions[0]!.sinks[0]!;
  return { check: () => sinks.check(spec), open: () => sinks.open(spec, 10_000) };
}

export interface BrokerWorld extends AsyncDisposable {
  readonly server: TestService;
  readonly sink: Sink;
  readonly clock: FakeClock;
}

/** A broker, and a sink that leads to it. */
export async function brokerWorld(
  starting: Promise<TestService>,
  given: (port: number) => object,
): Promise<BrokerWorld> {
  const server = await starting;
  const clock = new FakeClock();
  const sink = sinkOf(given(server.port), { clock }).open();
  return {
    server,
    sink,
    clock,
    async [Symbol.asyncDispose]() {
      await sink.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
