/** Checked by the compiler alone: what controllers are made of knows the type of the informer that it is given. */
import { addFinalizer, type ControllerSource, sourceOf } from '../../src/controller/index.ts';
import type { SharedIndexInformer } from '../../src/informer/index.ts';
import type { DeepReadonly, KubeObject } from '../../src/kubernetes/index.ts';
import type { ResourceClient } from '../../src/transport/index.ts';

interface Widget extends KubeObject {
  spec: { colour: string };
}
declare const informer: SharedIndexInformer<Widget, 'colour'>;
declare const resource: ResourceClient<Widget>;
declare const widget: DeepReadonly<Widget>;

export const sources: ControllerSource[] = [
  sourceOf(informer, { map: ({ spec }) => ({ namespace: '', name: spec.colour }) }),
  sourceOf(informer, { where: ({ object }) => object.spec.colour === 'blue' }),
  // @ts-expect-error widgets have no such field
  sourceOf(informer, { map: ({ spec }) => ({ namespace: '', name: spec.size }) }),
];

export const kept: Promise<DeepReadonly<Widget>> = addFinalizer(resource, widget, 'example.com/paint');
