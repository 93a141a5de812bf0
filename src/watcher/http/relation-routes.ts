import type { ServerResponse } from 'node:http';
import { Hono } from 'hono';
import { z } from 'zod';
import { apiVersionOf } from '../../index.ts';
import type { Sink } from '../query/index.ts';
import type { RelationDescription, Relations, Tree, TreeQuestion, TreeWatch } from '../relations/index.ts';
import type { Access } from './access.ts';
import { API_VERSION } from './control-resource.ts';
import { type ControlEnv, paramsOf, send } from './exchange.ts';
import { endingOf, type Streams } from './streams.ts';

export interface RelationRoutesOptions {
  readonly relations: Relations;
  readonly access: Access;
  readonly streams: Streams;
}

const kindSchema = z.strictObject({ apiVersion: z.string().optional(), kind: z.string() });

/** A relation as the service shows it. */
const relationSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Relation'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    links: z
      .array(z.strictObject({ from: kindSchema, to: kindSchema, via: z.string() }))
      .describe('The ways between kinds; none where any kind will do.'),
  }),
});

export const relationListSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('RelationList'),
  metadata: z.strictObject({ resourceVersion: z.string() }),
  items: z.array(relationSchema),
});

const nodeSchema = z.looseObject({
  ref: z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string().optional(),
  }),
  via: z.string().optional().describe('How it was found from the one before it.'),
  get children() {
    return z.array(nodeSchema).optional().describe('What it leads to.');
  },
  get parents() {
    return z.array(nodeSchema).optional().describe('What leads to it.');
  },
});

export const relationTreeSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('RelationTree'),
  relation: z.string(),
  complete: z.boolean().describe('Whether every kind that was read is cached; else objects may be missing.'),
  versions: z.record(z.string(), z.string()).describe('How far the cache of each kind had come.'),
  root: nodeSchema,
});

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
    const isWatch = ['', '1', 'true'].includes(params.get('watch') ?? 'false');
    const caller = context.get('caller');
    const question: TreeQuestion = {
      relation: context.req.param('name'),
      root: params.get('root') ?? undefined,
      signal: endingOf(context.env.outgoing as ServerResponse).signal,
      authorize: async ({ group, version, resource }, namespace) => {
        const action = { group, version, resource, namespace, name: undefined };
        await access.authorize(caller, { ...action, verb: 'list' });
        if (isWatch) await access.authorize(caller, { ...action, verb: 'watch' });
      },
    };
    if (!isWatch) return context.json(treeResource(await relations.tree(question)));
    streams.admit();
    const watch = await relations.watch(question);
    try {
      return send(
        context,
        { status: 200, headers: { 'content-type': 'application/json' }, stream: linesOf(watch) },
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

function treeResource(tree: Tree): object {
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
