import { type KubeObject, keyOf } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';

/** A schema as zod, valibot, arktype and others have it: the part of the "Standard Schema" (version 1) that is needed here. */
export interface ObjectSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

interface SchemaResult {
  readonly issues?: readonly SchemaIssue[] | undefined;
}

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

// Two who share an informer must give it the same transform, and two calls with the same schema shall be the same.
const transforms = new WeakMap<ObjectSchema, Identity>();

/** It serves objects of any type: it gives back what it is given. */
type Identity = <T extends KubeObject>(object: T) => T;

/**
 * A transform that lets only objects through that fit `schema`, unchanged: what the schema itself would cut off or convert stays as it is.
 * Others are reported (`TransformFailed`, which says where they do not fit) and counted as skipped; of an object that was
 * there the cache keeps the state before. The server checks against its own schema; this one is for what that does not know, or for
 * objects that are older than it.
 *
 * @throws KubeInformerError `InvalidOption`, when an object comes, if the schema checks asynchronously.
 * @example
 * const { z } = await import('zod');
 * const schema = z.object({ spec: z.object({ nodeName: z.string() }) });
 * const scheduled = factory.forResource(podResource, { labelSelector: 'app=web', transform: validated(schema) });
 */
export function validated<T extends KubeObject>(schema: ObjectSchema): (object: T) => T {
  const known = transforms.get(schema);
  if (known) return known;
  const check = <O extends KubeObject>(object: O): O => {
    const result = schema['~standard'].validate(object);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new KubeInformerError('InvalidOption', 'the schema of a resource checks asynchronously', {
        hint: 'Objects are checked on their way into the cache, which does not wait. Leave asynchronous checks out.',
      });
    }
    if (result.issues && result.issues.length > 0) throw unfit(object, result.issues);
    return object;
  };
  transforms.set(schema, check);
  return check;
}

function unfit(object: KubeObject, issues: readonly SchemaIssue[]): KubeInformerError {
  const text = issues.slice(0, 5).map(({ path = [], message }) => {
    const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
    return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
  });
  const more = issues.length > text.length ? `; and ${issues.length - text.length} more` : '';
  return new KubeInformerError('InvalidObject', `${keyOf(object)} does not fit its schema: ${text.join('; ')}${more}`, {
    hint: 'Mend the object, or the schema.',
  });
}
