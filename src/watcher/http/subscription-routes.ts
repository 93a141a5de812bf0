import { Hono } from 'hono';
import { KubeInformerError } from '../../index.ts';
import { type Catalogue, refusal } from '../cache/index.ts';
import { refusedFields, type SubscriptionSpec, type WatcherConfig } from '../config/index.ts';
import type { NamedSubscription, Subscriptions } from '../subscriptions/index.ts';
import type { Access } from './access.ts';
import type { ControlCollections } from './control-collections.ts';
import { API_GROUP, API_VERSION, invalid, ofConfiguration } from './control-resource.ts';
import { bodyOf, type ControlEnv, mergePatched, questionOf, send } from './exchange.ts';
import type { Streams } from './streams.ts';
import { parseSubscription } from './subscription-resource.ts';
import { mayFollow } from './target-access.ts';

export interface SubscriptionRoutesOptions {
  readonly subscriptions: Subscriptions;
  readonly collections: ControlCollections;
  readonly streams: Streams;
  readonly access: Access;
  readonly catalogue: Catalogue;
  readonly config: Pick<WatcherConfig, 'secrets' | 'persist' | 'leaderElection'>;
}

/**
 * Control over subscriptions while the service runs; to be mounted where the service's own resources are.
 *
 * Who makes or changes one must be allowed to watch what it is about: it tells others of it in the name of the service.
 */
export function subscriptionRoutes(options: SubscriptionRoutesOptions): Hono<ControlEnv> {
  const { subscriptions, collections, streams, access, catalogue, config } = options;
  const { reads, subscriptions: collection } = collections;
  const app = new Hono<ControlEnv>();
  const known = (name: string): NamedSubscription => subscriptions.get(name) ?? notFound(name);
  const changeable = (name: string): NamedSubscription => {
    const found = known(name);
    if (found.origin === 'config') throw ofConfiguration('subscriptions', name);
    return found;
  };
  const check = async (caller: ControlEnv['Variables']['caller'], spec: SubscriptionSpec) => {
    const refused = [...refusedFields(spec, config), ...filesOf(spec)];
    if (refused.length > 0) {
      throw invalid(
        'Subscription',
        refused.map(({ field, message }) => ({ field: `spec.${field}`, message })),
      );
    }
    await mayFollow(caller, spec.match, { access, catalogue });
  };
  const shown = (name: string) => collection.get(name);
  const replace = async (name: string, body: unknown, caller: ControlEnv['Variables']['caller']) => {
    const { spec, metadata } = parseSubscription(body, changeable(name).spec);
    if (spec.name !== name) throw invalid('Subscription', [{ field: 'metadata.name', message: `must be ${name}` }]);
    await check(caller, spec);
    // From here to the change itself nobody else has a turn.
    changeable(name);
    collection.checkWrite(name, metadata);
    await refusedAddress(() => subscriptions.replace(spec));
    collection.refresh();
    return shown(name);
  };

  app.get('/', (context) => send(context, reads.answer(collection, questionOf(context)), streams));
  app.post('/', async (context) => {
    const { spec } = parseSubscription(await bodyOf(context));
    await check(context.get('caller'), spec);
    if (subscriptions.get(spec.name)) throw alreadyExists(spec.name);
    await refusedAddress(() => subscriptions.add(spec));
    return context.json(shown(spec.name), 201);
  });
  app.get('/:name', (context) => context.json(shown(context.req.param('name'))));
  app.put('/:name', async (context) => {
    return context.json(await replace(context.req.param('name'), await bodyOf(context), context.get('caller')));
  });
  app.patch('/:name', async (context) => {
    const name = context.req.param('name');
    const { status: _, ...resource } = shown(name);
    // A patch says itself which version it is for, if it cares.
    const { resourceVersion: _version, ...metadata } = resource.metadata;
    const patched = await mergePatched(context, { ...resource, metadata });
    return context.json(await replace(name, patched, context.get('caller')));
  });
  app.delete('/:name', async (context) => {
    const name = context.req.param('name');
    changeable(name);
    const last = shown(name);
    await subscriptions.remove(name);
    collection.refresh();
    return context.json(last);
  });

  app.post('/:name/pause', (context) => {
    const { name } = known(context.req.param('name')).spec;
    subscriptions.pause(name);
    return context.json(shown(name));
  });
  app.post('/:name/resume', (context) => {
    const { name } = known(context.req.param('name')).spec;
    subscriptions.resume(name);
    return context.json(shown(name));
  });
  app.post('/:name/test', async (context) => {
    const outcomes = await subscriptions.test(known(context.req.param('name')).spec.name);
    const sinks = outcomes.map(({ type, ...more }) => ({
      outcome: type,
      ...('problem' in more && { problem: more.problem }),
    }));
    return context.json({ apiVersion: API_VERSION, kind: 'SubscriptionTest', sinks });
  });

  app.get('/:name/deadletters', (context) => {
    const letters = subscriptions.deadLetters(known(context.req.param('name')).spec.name);
    const items = letters.map(({ sink, notice, problem, at }) => {
      const { namespace, name, uid, resourceVersion } = notice.object.metadata;
      const object = { ...(namespace !== undefined && { namespace }), name, uid, resourceVersion };
      return { sink, type: notice.type, object, problem, time: new Date(at).toISOString() };
    });
    return context.json({ apiVersion: API_VERSION, kind: 'DeadLetterList', metadata: {}, items });
  });
  const count = (number: number) => ({ apiVersion: API_VERSION, kind: 'DeadLetterCount', count: number });
  app.post('/:name/deadletters/replay', (context) =>
    context.json(count(subscriptions.replay(known(context.req.param('name')).spec.name))),
  );
  app.delete('/:name/deadletters', (context) =>
    context.json(count(subscriptions.discard(known(context.req.param('name')).spec.name))),
  );
  return app;
}

/** Files of the service are for its configuration to name: with the key of another subscription somebody could pass for the service elsewhere. */
function filesOf({ sinks }: SubscriptionSpec): { readonly field: string; readonly message: string }[] {
  return sinks.flatMap((sink, index) =>
    'tls' in sink && sink.tls && Object.values(sink.tls).some((path) => path !== undefined)
      ? [{ field: `sinks.${index}.tls`, message: 'names files of the service: only its configuration may' }]
      : [],
  );
}

/** An address that nothing may be sent to is a mistake of who sent it, not of the service. */
async function refusedAddress(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (!(thrown instanceof KubeInformerError) || thrown.code !== 'InvalidOption') throw thrown;
    throw invalid('Subscription', [{ field: 'spec.sinks', message: thrown.message }]);
  }
}

function notFound(name: string): never {
  throw refusal(404, 'NotFound', `subscriptions.${API_GROUP} "${name}" not found`, {
    name,
    group: API_GROUP,
    kind: 'subscriptions',
  });
}

function alreadyExists(name: string): Error {
  return refusal(409, 'AlreadyExists', `subscriptions.${API_GROUP} "${name}" already exists`, {
    name,
    group: API_GROUP,
    kind: 'subscriptions',
  });
}
