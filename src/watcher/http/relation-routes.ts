import type { ServerResponse } from 'node:http';
import { Hono } from 'hono';
import type { z } from 'zod';
import { apiVersionOf } from '../../index.ts';
import type { Sink } from '../query/index.ts';
import type { RelationDescription, Relations, Tree, TreeQuestion, TreeWatch } from '../relations/index.ts';
import type { Access } from './access.ts';
import { API_VERSION } from './control-resource.ts';
import { type ControlEnv, isWatch, paramsOf, send } from './exchange.ts';
import type { relationListSchema, relationSchema, relationTreeSchema } from './relation-resource.ts';
import { endingOf, type Streams } from './streams.ts';

export interface RelationRoutesOptions {
  readonly relations: Relations;
  readonly access: Access;
  readonly streams: Streams;
}

/** `/relations`: which there are, the tree of an object, and that tree as it changes; to be mounted where the service's own resources are. */
export function relationRoutes({ relations, access, streams }: RelationRoutesOptions): Hono<ControlEnv> {
  const app = new Hono<ControlEnv>();
  app.get('/', (context) =>
    context.json({
      apiVersion: API_VERSION,
      kind: 'RelationList',
      metadata: { resourceVersion: '' },
      items: relations.list().map(relationResource),
    } satisfies z.output<typeof relationListSchema>),
  );
  app.get('/:name', async (context) => {
    const params = paramsOf(context);
    const follow = isWatch(context);
    const caller = context.get('caller');
    const question: TreeQuestion = {
      relation: context.req.param('name'),
      root: params.get('root') ?? undefined,
      signal: endingOf(context.env.outgoing as ServerResponse).signal,
      authorize: async ({ group, version, resource }, namespace) => {
        const action = { group, version, resource, namespace, name: undefined };
        await access.authorize(caller, { ...action, verb: 'list' });
        if (follow) await access.authorize(caller, { ...action, verb: 'watch' });
      },
    };
    if (!follow) return context.json(treeResource(await relations.tree(question)));
    streams.admit();
    const watch = await relations.watch(question);
    try {
      return send(
        context,
        { status: 200, headers: { 'content-type': 'application/json' }, stream: streams.limited(linesOf(watch)) },
        streams,
      );
    } catch (thrown) {
      watch.close();
      throw thrown;
    }
  });
  return app;
}

/** A line for each event; the next is made when the one before has left. */
function linesOf(watch: TreeWatch): (sink: Sink) => Promise<void> {
  return (sink) =>
    watch.run(async ({ type, tree }) => {
      const line = `${JSON.stringify({ type, object: treeResource(tree) })}\n`;
      if (!sink.write(Buffer.from(line))) await sink.drained();
    }, sink.signal);
}

function treeResource(tree: Tree): z.output<typeof relationTreeSchema> {
  return { apiVersion: API_VERSION, kind: 'RelationTree', ...tree };
}

function relationResource({ name, links }: RelationDescription): z.output<typeof relationSchema> {
  const kindOf = ({ group = '', version, kind }: RelationDescription['links'][number]['from']) => ({
    ...(version !== undefined && { apiVersion: apiVersionOf({ group, version }) }),
    kind,
  });
  return {
    apiVersion: API_VERSION,
    kind: 'Relation',
    metadata: { name },
    spec: { links: links.map(({ from, to, via }) => ({ from: kindOf(from), to: kindOf(to), via })) },
  };
}
