import { NoMatchError } from '../../index.ts';
import type { Catalogue } from '../cache/index.ts';
import type { SubscriptionSpec, Target } from '../config/index.ts';
import type { Access, Caller } from './access.ts';

/**
 * Checks that a caller may watch a set of objects, in each of its namespaces. Of a kind that is not served (yet), nobody can tell what it will be
 * called: who wants it must be allowed to watch everything in its group.
 *
 * @throws ApiStatusError 403
 */
export async function mayFollow(
  caller: Caller,
  { target, namespaces }: Pick<SubscriptionSpec['match'], 'target' | 'namespaces'>,
  { access, catalogue }: { readonly access: Access; readonly catalogue: Catalogue },
): Promise<void> {
  const { group, version, resource, namespaced } = await resourceOf(target, catalogue);
  const scopes = namespaces === '*' || !namespaced ? [undefined] : namespaces;
  for (const namespace of scopes) {
    await access.authorize(caller, { verb: 'watch', group, version, resource, namespace, name: undefined });
  }
}

async function resourceOf(target: Target, catalogue: Catalogue) {
  try {
    return await catalogue.resolve(target);
  } catch (thrown) {
    if (!(thrown instanceof NoMatchError)) throw thrown;
    const { group, version = '*' } = target;
    return { group, version, resource: '*', namespaced: true };
  }
}
