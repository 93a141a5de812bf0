import type { KubeObject } from '../../index.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

/** A Secret whose values are blank; its keys stay. The annotation that repeats the whole object goes. */
export function redactSecret(object: KubeObject): KubeObject {
  const { data, stringData, metadata, ...rest } = object as Secret;
  const blank = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, '']));
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  return {
    ...rest,
    metadata: { ...metadata, ...(metadata.annotations && { annotations }) },
    ...(data && { data: blank(data) }),
    ...(stringData && { stringData: blank(stringData) }),
  } as KubeObject;
}
