/** Checked by the compiler alone: every alias below fails to compile when its claim is false. */
import type {
  V1CustomResourceDefinition,
  V1JSONSchemaProps,
  V1Lease,
  V1ListMeta,
  V1NetworkPolicy,
  V1Pod,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';
import type {
  BuiltInGroup,
  BuiltInTypes,
  DeepReadonly,
  Json,
  KubeObject,
  ResourceOf,
} from '../../src/kubernetes/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;
/** What is behind an optional property. */
type Of<T, K extends keyof T> = NonNullable<T[K]>;

type Pod = ResourceOf<V1Pod>;
type PodSpec = Of<Pod, 'spec'>;
type Container = PodSpec['containers'][number];
type Schema = Json<V1JSONSchemaProps>;
type Crd = ResourceOf<V1CustomResourceDefinition>;
type IngressRule = Of<Of<ResourceOf<V1NetworkPolicy>, 'spec'>, 'ingress'>[number];
type Secret = ResourceOf<V1Secret>;

export type Claims = [
  // Identity of a stored object is never absent.
  Expect<Equal<Pod['metadata']['name'], string>>,
  Expect<Equal<Pod['metadata']['creationTimestamp'], string>>,
  Expect<Equal<Pod['kind'], string>>,
  Expect<Pod extends KubeObject ? true : false>,
  // Fields keep whether they may be absent.
  Expect<Equal<undefined extends Pod['spec'] ? true : false, true>>,
  Expect<Equal<Container['name'], string>>,
  Expect<Equal<Of<Container, 'command'>, string[]>>,
  Expect<Equal<Of<PodSpec, 'nodeSelector'>, { [key: string]: string }>>,
  // Dates, also those of micro seconds and those deep inside, are text.
  Expect<Equal<Of<Of<Pod, 'status'>, 'startTime'>, string>>,
  Expect<Equal<Of<Of<ResourceOf<V1Lease>, 'spec'>, 'renewTime'>, string>>,
  // Numbers or texts stay what they are.
  Expect<Equal<Of<Of<Of<ResourceOf<V1Service>, 'spec'>, 'ports'>[number], 'targetPort'>, string | number>>,
  // Binary data is base64 text.
  Expect<Equal<Of<Secret, 'data'>, { [key: string]: string }>>,
  // Escaped names are spelled as on the wire.
  Expect<'from' extends keyof IngressRule ? true : false>,
  Expect<'_from' extends keyof IngressRule ? false : true>,
  Expect<'continue' extends keyof Json<V1ListMeta> ? true : false>,
  Expect<'default' | 'enum' | '$ref' | '$schema' extends keyof Schema ? true : false>,
  Expect<'x-kubernetes-preserve-unknown-fields' | 'x-kubernetes-validations' extends keyof Schema ? true : false>,
  Expect<Equal<Extract<keyof Schema, `_${string}` | `x_${string}` | 'ref' | 'schema'>, never>>,
  // What the model leaves open is unknown, not a union with text.
  Expect<Equal<unknown extends Schema['default'] ? true : false, true>>,
  Expect<Equal<Of<Schema, 'enum'>, unknown[]>>,
  // A schema within a schema within a schema.
  Expect<Equal<Of<Of<Of<Schema, 'properties'>[string], 'not'>, 'title'>, string>>,
  Expect<Equal<Of<Crd['spec']['versions'][number], 'schema'> extends object ? true : false, true>>,
  // Nothing can be written to what comes out of a cache.
  Expect<Equal<DeepReadonly<{ a: { b: string[] } }>, { readonly a: { readonly b: readonly string[] } }>>,
];

/** The shape of a typed factory, derived from the type map. */
type Factory = {
  readonly [G in BuiltInGroup]: {
    readonly [V in keyof BuiltInTypes[G]]: { readonly [R in keyof BuiltInTypes[G][V]]: () => BuiltInTypes[G][V][R] };
  };
};

export type FactoryClaims = [
  Expect<Equal<ReturnType<Factory['core']['v1']['pods']>, Pod>>,
  Expect<Equal<ReturnType<Factory['apps']['v1']['deployments']>['metadata']['uid'], string>>,
  Expect<Equal<keyof Factory['autoscaling'], 'v1' | 'v2'>>,
  // No entry of the map lost its type on the way from client-node.
  Expect<Equal<keyof ReturnType<Factory['admissionregistration']['v1']['mutatingadmissionpolicies']> & 'spec', 'spec'>>,
  Expect<Equal<keyof ReturnType<Factory['resource']['v1']['resourceclaims']> & 'spec', 'spec'>>,
];
