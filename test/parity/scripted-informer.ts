import { afterEach, expect } from 'vitest';
import { type InformerEvent, SharedIndexInformer, type SharedIndexInformerOptions } from '../../src/informer/index.ts';
import { type KubeInformerError, Turns } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { type Answer, ScriptedListerWatcher, type Widget } from '../unit/reflector/scripted-lister-watcher.ts';

const running: { readonly informer: SharedIndexInformer<Widget>; readonly clock: FakeClock }[] = [];

/** `add a@1 initial`, `update a@1>2 resync`, `delete a@2 unknown`. */
function line(event: InformerEvent<Widget>): string {
  const { name, resourceVersion } = event.object.metadata;
  switch (event.type) {
    case 'add':
      return `add ${name}@${resourceVersion}${event.isInInitialList ? ' initial' : ''}`;
    case 'update':
      return `update ${name}@${event.oldObject.metadata.resourceVersion}>${resourceVersion}${event.isResync ? ' resync' : ''}`;
    case 'delete':
      return `delete ${name}@${resourceVersion}${event.finalStateUnknown ? ' unknown' : ''}`;
  }
}

/**
 * An informer against a script, with one handler, which notes each event and what the cache holds at that moment. It is started, and after the
 * test stopped, when it must have left no timer.
 */
export function scripted(script: readonly Answer[], options: Partial<SharedIndexInformerOptions<Widget>> = {}) {
  const clock = new FakeClock();
  const server = new ScriptedListerWatcher(clock, script);
  const informer = new SharedIndexInformer<Widget>({
    listerWatcher: server,
    streamInitialState: false,
    clock,
    random: () => 0.5,
    turns: new Turns({ clock }),
    ...options,
  });
  const errors: KubeInformerError[] = [];
  informer.on('error', (error) => errors.push(error));
  const lines: string[] = [];
  const seen: string[] = [];
  const cached = () =>
    Array.from(informer.indexer.values(), ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).join(' ');
  const registration = informer.addEventHandler((event) => {
    lines.push(line(event));
    seen.push(cached());
  });
  informer.start();
  running.push({ informer, clock });
  return { clock, server, informer, errors, lines, seen, cached, registration };
}

afterEach(async () => {
  for (const { informer, clock } of running.splice(0)) {
    await informer.stop();
    await settle();
    expect(clock.pendingTimers, 'timers left').toBe(0);
  }
});
