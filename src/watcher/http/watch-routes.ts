import { Hono } from 'hono';
import { type NamedWatches, refusal } from '../cache/index.ts';
import type { ControlCollections } from './control-collections.ts';
import { API_GROUP, invalid } from './control-resource.ts';
import { bodyOf, type ControlEnv, questionOf, send } from './exchange.ts';
import type { Streams } from './streams.ts';
import { parseWatch } from './watch-resource.ts';

export interface WatchRoutesOptions {
  readonly watches: NamedWatches;
  readonly collections: ControlCollections;
  readonly streams: Streams;
}

/** Control over what is watched while the service runs; to be mounted where the service's own resources are. */
export function watchRoutes({ watches, collections, streams }: WatchRoutesOptions): Hono<ControlEnv> {
  const { reads, watches: collection } = collections;
  const app = new Hono<ControlEnv>();
  app.get('/', (context) => send(context, reads.answer(collection, questionOf(context)), streams));
  app.post('/', async (context) => {
    const { spec } = parseWatch(await bodyOf(context));
    await watches.add(spec, 'api');
    return context.json(collection.get(spec.name), 201);
  });
  app.get('/:name', (context) => context.json(collection.get(context.req.param('name'))));
  app.put('/:name', async (context) => {
    const name = context.req.param('name');
    const { spec, metadata } = parseWatch(await bodyOf(context));
    if (spec.name !== name) throw invalid('Watch', [{ field: 'metadata.name', message: `must be ${name}` }]);
    collection.checkWrite(name, metadata);
    await watches.replace(spec);
    return context.json(collection.get(name));
  });
  app.delete('/:name', (context) => {
    const name = context.req.param('name');
    const last = collection.get(name);
    watches.remove(name);
    collection.refresh();
    return context.json(last);
  });
  app.post('/:name/resync', (context) => {
    const name = context.req.param('name');
    const { kind } = watches.get(name);
    const details = { name, group: API_GROUP, kind: 'watches' };
    if (!kind || kind.phase === 'suspended') {
      throw refusal(409, 'Conflict', `watches "${name}" has nothing to list: its kind is not served`, details);
    }
    if (!kind.relist()) {
      throw refusal(429, 'TooManyRequests', `watches "${name}" was listed just now`, {
        ...details,
        retryAfterSeconds: 1,
      });
    }
    return context.json(collection.get(name));
  });
  return app;
}
