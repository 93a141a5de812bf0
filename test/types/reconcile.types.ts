/** Checked by the compiler alone: what a controller, its sources and its queues infer. */
import {
  AgeingStorage,
  createController,
  enqueueOwner,
  enqueueTo,
  type LeaderElector,
  RateLimitingQueue,
  type Request,
  requestKey,
  sourceOf,
  WorkQueue,
} from '../../src/controller/index.ts';
import {
  allOf,
  generationChanged,
  labelsChanged,
  not,
  pathsChanged,
  type SharedIndexInformer,
} from '../../src/informer/index.ts';
import type { BuiltInTypes, KubeObject } from '../../src/kubernetes/index.ts';
import type { KubeInformerError } from '../../src/runtime/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Pod = BuiltInTypes['core']['v1']['pods'];

interface Widget extends KubeObject {
  spec: { colour: string };
}

export function uses(
  widgets: SharedIndexInformer<Widget, 'colour'>,
  pods: SharedIndexInformer<Pod>,
  elector: LeaderElector,
): readonly true[] {
  const controller = createController({
    name: 'widgets',
    // Of different types, with indexes or without.
    informers: [widgets, pods],
    sources: [
      sourceOf(pods, {
        map: enqueueOwner({ group: 'example.com', kind: 'Widget' }),
        where: labelsChanged,
        priority: 5,
      }),
      sourceOf(widgets, {
        // The object is that of the informer, and the event narrows.
        map: ({ spec }, event) =>
          event.type === 'update' && event.oldObject.spec.colour !== spec.colour
            ? { namespace: '', name: 'palette' }
            : [],
        where: allOf(not(generationChanged), pathsChanged(['spec.colour'])),
      }),
    ],
    leaderElection: elector,
    reconcile: async (request, { reasons, signal }) => {
      const checks: [Equal<typeof request, Request>, Equal<typeof signal, AbortSignal>] = [true, true];
      return checks.length > reasons.length ? { requeueAfter: 1_000, priority: -5 } : undefined;
    },
    onError: (error, { failures, retryAfter }) => {
      const checks: [
        Equal<typeof error, KubeInformerError>,
        Equal<typeof failures, number>,
        Equal<typeof retryAfter, number | undefined>,
      ] = [true, true, true];
      return checks;
    },
  });
  // @ts-expect-error a request has a name
  controller.enqueue({ namespace: 'shop' });
  sourceOf(widgets, {
    map: (widget) => {
      // @ts-expect-error objects of the cache are read-only
      widget.spec.colour = 'red';
      return undefined;
    },
  });
  // @ts-expect-error a Pod has no colour
  sourceOf(pods, { map: ({ spec }) => ({ namespace: '', name: spec.colour }) });
  createController({
    name: 'none',
    // @ts-expect-error a result has no such member
    reconcile: () => ({ requeueIn: 5 }),
  });

  const requests = new RateLimitingQueue({ keyOf: requestKey });
  widgets.addEventHandler(enqueueTo(requests));
  const texts = new WorkQueue({ storage: new AgeingStorage() });
  const colours = new WorkQueue<{ colour: string }>({ keyOf: ({ colour }) => colour, storage: new AgeingStorage() });
  pods.addEventHandler(enqueueTo(texts, ({ metadata }) => metadata.name));
  // @ts-expect-error the queue takes texts
  pods.addEventHandler(enqueueTo(texts, ({ metadata }) => metadata));
  // @ts-expect-error the queue takes colours
  colours.add('red');
  const checks: [
    Equal<Awaited<ReturnType<typeof requests.get>>, Request | undefined>,
    Equal<Awaited<ReturnType<typeof texts.get>>, string | undefined>,
    Equal<Awaited<ReturnType<typeof colours.get>>, { colour: string } | undefined>,
  ] = [true, true, true];
  return checks;
}
