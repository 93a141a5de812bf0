/** Checked by the compiler alone: an informer that projects has what was asked for in its type, and nothing else. */
import type { DynamicSharedInformerFactory, SharedInformerFactory } from '../../src/factory/index.ts';
import type { SharedIndexInformer } from '../../src/informer/index.ts';
import type {
  BuiltInTypes,
  KubeObject,
  ObjectMeta,
  Projected,
  ProjectionPath,
  ResourceDefinition,
} from '../../src/kubernetes/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type ConfigMap = BuiltInTypes['core']['v1']['configmaps'];

interface Widget extends KubeObject {
  spec: {
    size: number;
    parts?: { name: string; weight: number }[];
    matrix: { cell: string; more: 1 }[][];
    more: unknown;
  };
  status?: { phase: string; note: string };
}

export function uses(factory: SharedInformerFactory, dynamic: DynamicSharedInformerFactory): readonly true[] {
  const pods = factory.core.v1.pods({
    project: ['spec.nodeName', 'status.phase', 'spec.containers[].image'],
    indexers: { node: (pod) => [pod.spec?.nodeName ?? ''] },
  });
  const pod = pods.lister.get('shop', 'blue')!;
  const images = pod.spec?.containers.map(({ image }) => image);
  const phase = pod.status?.phase;
  const metadata = pod.metadata.labels?.app;
  pods.indexer.byIndex('node', 'worker-1');
  // @ts-expect-error not selected
  pod.spec?.volumes;
  // @ts-expect-error not selected, inside of an array
  pod.spec?.containers[0]?.name;
  // @ts-expect-error not selected, beside what is
  pod.status?.podIP;
  pods.addEventHandler({
    onUpdate: (old, now) => {
      old.spec?.nodeName;
      // @ts-expect-error handlers see no more than the cache has
      now.spec?.volumes;
    },
  });
  // @ts-expect-error index functions neither
  factory.core.v1.pods({ project: ['spec.nodeName'], indexers: { zone: (each) => [each.status?.phase ?? ''] } });
  // @ts-expect-error no such field
  factory.core.v1.pods({ project: ['spec.nodName'] });
  // @ts-expect-error one right path does not make up for a wrong one
  factory.core.v1.pods({ project: ['spec.nodeName', 'spec.containers.image'] });
  // @ts-expect-error the metadata is there in any case
  factory.core.v1.pods({ project: ['metadata.name'] });
  // @ts-expect-error the server sends no spec to select from
  factory.core.v1.pods({ project: ['spec.nodeName'], as: 'metadata' });

  const widget = {} as ResourceDefinition<Widget>;
  const widgets = dynamic.forResource(widget, {
    project: ['spec.parts[].name', 'spec.more.of.it', 'spec.matrix[][].cell'],
  });
  const transformed = dynamic.forResource(widget, {
    project: ['status.phase'],
    transform: (object) => ({ ...object, status: { phase: object.status?.phase ?? 'Unknown' } }),
  });
  // @ts-expect-error no such field
  dynamic.forResource(widget, { project: ['spec.colour'] });

  type Brief = Projected<Widget, 'spec.parts[].name' | 'spec.more.of.it' | 'spec.matrix[][].cell'>;
  const claims: [
    Equal<typeof phase, string | undefined>,
    Equal<typeof images, (string | undefined)[] | undefined>,
    Equal<typeof metadata, string | undefined>,
    Equal<typeof widgets, SharedIndexInformer<Brief>>,
    Equal<typeof transformed, SharedIndexInformer<Projected<Widget, 'status.phase'>>>,
    Equal<Brief['metadata'], ObjectMeta>,
    Equal<Brief['spec']['parts'], { name: string }[] | undefined>,
    Equal<Brief['spec']['matrix'], { cell: string }[][]>,
    Equal<Brief['spec']['more'], unknown>,
    Equal<keyof Brief['spec'], 'parts' | 'more' | 'matrix'>,
    Equal<keyof Brief, 'apiVersion' | 'kind' | 'metadata' | 'spec'>,
    Equal<keyof NonNullable<Projected<Widget, 'status.phase'>['status']>, 'phase'>,
    // All of an object wins over a part of it.
    Equal<Projected<Widget, 'spec' | 'spec.size'>['spec'], Widget['spec']>,
    Equal<NonNullable<Projected<ConfigMap, 'data.config\\.yaml'>['data']>['config.yaml'], string | undefined>,
    Equal<ProjectionPath<ConfigMap, 'data.config\\.yaml'>, 'data.config\\.yaml'>,
    // What is wrong is answered with what could stand there, for editors to suggest.
    Equal<ProjectionPath<Widget, ''>, 'spec' | 'status'>,
    Equal<
      ProjectionPath<Widget, 'spec.'>,
      'spec.size' | 'spec.parts' | 'spec.parts[]' | 'spec.matrix' | 'spec.matrix[]' | 'spec.more'
    >,
    Equal<ProjectionPath<Widget, 'spec.parts[].nme'>, 'spec.parts[].name' | 'spec.parts[].weight'>,
    Equal<ProjectionPath<Widget, 'status.phase' | 'status.x'>, 'status.phase' | 'status.note'>,
  ] = [
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
    true,
  ];
  return claims;
}
