import { type ApiResource, apiVersionOf, type Clock, type Random } from '../../index.ts';
import { type CachedKind, type CachedObject, type Catalogue, type Kinds, refusal } from '../cache/index.ts';
import type { QueryConfig } from '../config/index.ts';
import { type FormName, formOf } from './accept.ts';
import { type Answer, json, notModified, statusAnswer } from './answer.ts';
import { listHead } from './bodies.ts';
import { columnsOf } from './columns/index.ts';
import { type ContactOptions, contact, freshSource, reach, type Source } from './contact.ts';
import { discoveryAnswer } from './discovery.ts';
import type { Json } from './field-matches.ts';
import { parseFields } from './fields.ts';
import { type Form, metadata, projected, whole } from './forms.ts';
import { ListBodies } from './list-bodies.ts';
import { parseReadOptions, type ReadOptions } from './options.ts';
import { type Page, Pages } from './pages.ts';
import { isVersion, type Plan, type PlanForMany, type PlanForOne, planOf } from './plan.ts';
import { selectRange } from './range.ts';
import { matchesSelection } from './selection.ts';
import { statusOf } from './status.ts';
import { table } from './table.ts';
import type { ObjectsTarget, ReadTarget } from './target.ts';
import { streamWatch } from './watch.ts';
import { beginningOf, type EventsWanted } from './watch-start.ts';

export interface QueryServiceOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly config: QueryConfig;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is asked, beside the path. */
export interface Question {
  readonly params?: URLSearchParams | undefined;
  /** Values by path; only queries with a body have them. */
  readonly fieldMatches?: Readonly<Record<string, Json>> | undefined;
  /** The header that says in which form the answer is wanted. */
  readonly accept?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** A watch is to come as server-sent events. */
  readonly events?: EventsWanted | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An API server ends watches without a timeout of their own after this time to twice this time, milliseconds. */
const watchTime = 1_800_000;

/** Answers reads of the API of Kubernetes from the caches. */
export class QueryService {
  readonly #options: QueryServiceOptions;
  readonly #pages: Pages;
  readonly #bodies = new ListBodies();
  /** What targets without parameters mean, from when they were asked for before: good while the kind is live and discovery says what it said then. */
  #known = new WeakMap<ObjectsTarget, { readonly kind: CachedKind; readonly plan: Plan }>();
  readonly #stopForgetting: () => void;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
    const { clock, config, catalogue } = options;
    this.#stopForgetting = catalogue.onChange(() => {
      this.#known = new WeakMap();
    });
    this.#pages = new Pages({ clock, keep: config.snapshotSeconds * 1_000, max: config.maxSnapshots });
  }

  /** The answer to a read: at once where it is known, else a promise. Errors are answers, too. */
  answer(target: ReadTarget, question: Question): Answer | Promise<Answer> {
    try {
      if (target.type !== 'objects') return discoveryAnswer(this.#options.catalogue, target);
      const options = parseReadOptions(question.params, question.fieldMatches);
      return this.#atOnce(target, question, options) ?? this.#later(target, question, options).catch(failureAnswer);
    } catch (thrown) {
      return failureAnswer(thrown);
    }
  }

  /** Whether a path is that of one object, as far as is known. */
  isExact(target: ObjectsTarget): boolean {
    if (target.name === undefined) return false;
    return target.namespace !== undefined || this.#options.catalogue.find(target)?.namespaced === false;
  }

  close(): void {
    this.#stopForgetting();
    this.#pages.close();
  }

  /** The answer, if nothing has to be waited for. @throws what is wrong with the question */
  #atOnce(target: ObjectsTarget, question: Question, options: ReadOptions): Answer | undefined {
    const known = this.#known.get(target);
    if (known?.kind.isLive && !question.params && !question.fieldMatches) {
      known.kind.lastUsedAt = this.#options.clock.monotonic();
      return this.#answerFrom(known.kind, known.plan, freshSource(known.kind), question, options);
    }
    const { kinds, catalogue } = this.#options;
    const resource = catalogue.find(target);
    if (!resource || (isVersion(options.resourceVersion) && !options.watch)) return undefined;
    const plan = planOf(resource, target, options);
    const { kind } = kinds.forQuery(resource, target.namespace, options, options.dedicated);
    if (!kind.isLive) return undefined;
    if (!question.params && !question.fieldMatches) this.#known.set(target, { kind, plan });
    return this.#answerFrom(kind, plan, freshSource(kind), question, options);
  }

  async #later(target: ObjectsTarget, question: Question, options: ReadOptions): Promise<Answer> {
    const { kinds, catalogue, clock, config } = this.#options;
    const { group, version, resource: plural } = target;
    const resource = await catalogue.resolve({ group, version, resource: plural });
    const plan = planOf(resource, target, options);
    const { kind } = kinds.forQuery(resource, target.namespace, options, options.dedicated);
    const wait: ContactOptions = {
      clock,
      signal: question.signal,
      maxWait: options.maxWait ?? config.maxWaitMs,
      thenServeStale: options.onStale === undefined ? config.thenServeStale : options.onStale === 'serve',
    };
    const source = await contact(kind, wait);
    const { resourceVersion, timeoutSeconds } = options;
    if (isVersion(resourceVersion) && !options.watch) {
      const maxWait = timeoutSeconds === undefined ? wait.maxWait : timeoutSeconds * 1_000;
      await reach(kind, resourceVersion, { ...wait, maxWait });
    }
    return this.#answerFrom(kind, plan, source, question, options);
  }

  #answerFrom(kind: CachedKind, plan: Plan, source: Source, question: Question, options: ReadOptions): Answer {
    const name = options.watch && question.events ? 'whole' : formOf(question.accept);
    const form = this.#form(kind, name, options);
    if (plan.type === 'one') return this.#one(kind, plan, source, form, question.ifNoneMatch);
    return options.watch
      ? this.#watch(kind, plan, source, form, question)
      : this.#list(kind, plan, source, form, question);
  }

  #form({ resource }: CachedKind, name: FormName, { fields, includeObject }: ReadOptions): Form {
    switch (name) {
      case 'whole':
        return fields === undefined ? whole : projected(parseFields(fields));
      case 'metadata':
        return metadata;
      case 'table': {
        const { catalogue, clock } = this.#options;
        const columns = columnsOf(resource, catalogue.printerColumns(resource));
        return table({ columns, includeObject, now: () => clock.now() });
      }
    }
  }

  #one(
    kind: CachedKind,
    { key, name }: PlanForOne,
    source: Source,
    form: Form,
    ifNoneMatch: string | undefined,
  ): Answer {
    const object = kind.indexer?.get(key);
    if (!object) return notFound(kind.resource, name);
    const headers = this.#headers(kind, source, form, object.metadata.resourceVersion!);
    if (isUnchanged(headers, ifNoneMatch)) return notModified(headers);
    return { status: 200, headers, body: [form.object(object)] };
  }

  #list(kind: CachedKind, plan: PlanForMany, source: Source, form: Form, { ifNoneMatch }: Question): Answer {
    const { options, selection, namespace, order } = plan;
    const { resource, seq, resourceVersion } = kind;
    const head = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
    const pageBody = ({ objects, token, remaining, ...page }: Page) =>
      form.list(
        { ...head, resourceVersion: page.resourceVersion, continue: token, remainingItemCount: remaining },
        objects,
      );
    const question = JSON.stringify([kind.key, plan.question]);
    if (options.continue !== undefined) {
      const page = this.#pages.next(options.continue, question, options.limit);
      return { status: 200, headers: this.#headers(kind, source, form, undefined), body: pageBody(page) };
    }
    kind.log.note(resourceVersion, seq);
    const headers = this.#headers(kind, source, form, `${resourceVersion}-${seq}`);
    if (isUnchanged(headers, ifNoneMatch)) return notModified(headers);
    if (options.limit === 0 && selection.isEmpty && form === whole && !order) {
      headers['x-cache-index'] = namespace === undefined ? 'scan' : 'namespace';
      const items = this.#bodies.get(kind, namespace, () => selectRange(kind, selection).objects);
      return { status: 200, headers, body: [listHead({ ...head, resourceVersion }), items] };
    }
    const { objects, index } = selectRange(kind, selection, order);
    headers['x-cache-index'] = index;
    const limit = options.limit === 0 ? objects.length : options.limit;
    return { status: 200, headers, body: pageBody(this.#pages.first(objects, resourceVersion, question, limit)) };
  }

  #watch(
    kind: CachedKind,
    { selection, options }: PlanForMany,
    source: Source,
    form: Form,
    { events }: Question,
  ): Answer {
    const { clock, random } = this.#options;
    const { start, framing } = beginningOf(kind, options, events);
    const timeout = options.timeoutSeconds ? options.timeoutSeconds * 1_000 : watchTime * (1 + random());
    const matches =
      selection.isEmpty && !selection.namespaces
        ? () => true
        : (object: CachedObject) => matchesSelection(selection, object);
    return {
      status: 200,
      headers: { ...this.#headers(kind, source, form, undefined), ...framing.headers },
      stream: async (sink) => {
        const lease = this.#options.kinds.hold(kind, 'watch');
        try {
          const watching = { matches, form, framing, bookmarks: options.allowWatchBookmarks, timeout, clock };
          await streamWatch(kind, start, watching, sink);
        } finally {
          lease.release();
        }
      },
    };
  }

  /** @param state what the answer is as old as; `undefined` if it is not to be kept. */
  #headers(kind: CachedKind, source: Source, form: Form, state: string | undefined): Record<string, string> {
    const { lastContactAt } = kind;
    const headers: Record<string, string> = {
      'content-type': json,
      'x-cache': source,
      'x-cache-source': kind.source,
    };
    if (lastContactAt !== undefined)
      headers['x-cache-age-ms'] = String(Math.max(0, this.#options.clock.now() - lastContactAt));
    if (state !== undefined && form.tag !== undefined) headers.etag = `"${state}${form.tag}"`;
    if (source === 'stale') headers.warning = '110 kube-informer "no contact with the API server"';
    return headers;
  }
}

/** Whether the client has that answer: as it was sent, or packed. */
function isUnchanged({ etag }: Readonly<Record<string, string>>, ifNoneMatch: string | undefined): boolean {
  if (etag === undefined || ifNoneMatch === undefined) return false;
  return ifNoneMatch === etag || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function notFound({ group, resource }: ApiResource, name: string): Answer {
  const what = group === '' ? resource : `${resource}.${group}`;
  return statusAnswer(
    refusal(404, 'NotFound', `${what} "${name}" not found`, { name, group: group || undefined, kind: resource }).status,
  );
}

function failureAnswer(thrown: unknown): Answer {
  return statusAnswer(statusOf(thrown));
}
