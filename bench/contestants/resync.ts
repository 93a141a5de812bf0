import { DynamicSharedInformerFactory } from '../../src/index.ts';
import { FakeClock } from '../../src/testing/index.ts';
import { kubeConfigOf } from '../lib/cluster.ts';
import { assignment, Meter, report } from '../lib/meter.ts';

/** One resync of all objects to so many handlers, on a clock that is put forward by hand. */
const { cluster, pods, options } = assignment();
const handlers = Number(options.handlers);
const period = 60_000;
const clock = new FakeClock();
const factory = new DynamicSharedInformerFactory(kubeConfigOf(cluster), {
  clock,
  resyncPeriod: period,
  onError: (error) => console.error(error),
});
const informer = factory.forResource({ group: '', version: 'v1', resource: 'pods' });
const done = Promise.withResolvers<void>();
let resynced = 0;
const registrations = Array.from({ length: handlers }, () =>
  informer.addEventHandler({
    onUpdate: (_old, _new, { isResync }) => {
      if (isResync && ++resynced === pods * handlers) done.resolve();
    },
  }),
);
factory.start();
await informer.waitForSync();
await Promise.all(registrations.map(({ ready }) => ready));
const meter = new Meter();
meter.begin();
await clock.advance(period);
await done.promise;
const { ms, cpuMs, stallMs } = meter.end();
await factory.stop();
report({ resyncMs: ms, cpuMs, stallMs, handlers });
