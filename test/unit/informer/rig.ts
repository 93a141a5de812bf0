import {
  type EventHandlerOptions,
  type HandlerRegistration,
  type InformerEvent,
  SharedIndexInformer,
  type SharedIndexInformerOptions,
} from '../../../src/informer/index.ts';
import type { DeepReadonly } from '../../../src/kubernetes/index.ts';
import { type KubeInformerError, Turns } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';
import { Source, type Thing, until } from './source.ts';

export interface Rig<Name extends string = never> extends AsyncDisposable {
  readonly source: Source;
  readonly clock: FakeClock;
  readonly turns: Turns;
  readonly informer: SharedIndexInformer<Thing, Name>;
  readonly errors: KubeInformerError[];
}

/** An informer of a scripted source, on a clock of its own, with turns so short that every piece of work is one. */
export function rig<Name extends string = never>(
  objects: readonly Thing[] = [],
  options: Partial<SharedIndexInformerOptions<Thing, Name>> = {},
): Rig<Name> {
  const clock = new FakeClock();
  const turns = new Turns({ clock, slice: 0 });
  const source = new Source('things', objects);
  const informer = new SharedIndexInformer<Thing, Name>({
    listerWatcher: source,
    clock,
    turns,
    random: () => 0,
    ...options,
  });
  const errors: KubeInformerError[] = [];
  informer.on('error', (error) => errors.push(error));
  return { source, clock, turns, informer, errors, [Symbol.asyncDispose]: () => informer.stop() };
}

/** A rig that has synced and watches. */
export async function synced<Name extends string = never>(
  objects: readonly Thing[] = [],
  options: Partial<SharedIndexInformerOptions<Thing, Name>> = {},
): Promise<Rig<Name>> {
  const made = rig<Name>(objects, options);
  made.informer.start();
  await until(() => made.informer.hasSynced() && made.informer.status().phase === 'live');
  return made;
}

/** `add blue 1 initial`, `update blue 1>2`, `delete blue 2 unknown`: what happened, on one line. */
export function line(event: InformerEvent<Thing>): string {
  const size = (object: DeepReadonly<Thing>) => object.spec.size;
  const { name } = event.object.metadata;
  switch (event.type) {
    case 'add':
      return `add ${name} ${size(event.object)}${event.isInInitialList ? ' initial' : ''}`;
    case 'update':
      return `update ${name} ${size(event.oldObject)}>${size(event.object)}${event.isResync ? ' resync' : ''}`;
    case 'delete':
      return `delete ${name} ${size(event.object)}${event.finalStateUnknown ? ' unknown' : ''}`;
  }
}

/** Adds a handler that writes down what it is told. */
export function record(
  informer: SharedIndexInformer<Thing, never> | SharedIndexInformer<Thing, 'size'>,
  options?: EventHandlerOptions,
): { readonly lines: string[]; readonly registration: HandlerRegistration } {
  const lines: string[] = [];
  const registration = informer.addEventHandler((event) => void lines.push(line(event)), options);
  return { lines, registration };
}
