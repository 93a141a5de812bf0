import { type ApiResource, apiVersionOf, type Clock, compareResourceVersions, type Random } from '../../index.ts';
import { type CachedKind, type CachedObject, type Catalogue, type Kinds, refusal } from '../cache/index.ts';
import type { QueryConfig } from '../config/index.ts';
import { type FormName, formOf } from './accept.ts';
import { type Answer, json, notModified, statusAnswer } from './answer.ts';
import { listHead } from './bodies.ts';
import { columnsOf } from './columns/index.ts';
import type { Source } from './contact.ts';
import { parseFields } from './fields.ts';
import { type Form, metadata, projected, whole } from './forms.ts';
import { ListBodies } from './list-bodies.ts';
import type { ReadOptions } from './options.ts';
import { type Page, Pages } from './pages.ts';
import type { Plan, PlanForMany, PlanForOne } from './plan.ts';
import type { Question } from './question.ts';
import { selectFromVersions, selectRange } from './range.ts';
import { matchesSelection } from './selection.ts';
import { table } from './table.ts';
import { streamWatch } from './watch.ts';
import { beginningOf } from './watch-start.ts';

export interface AnswersOptions {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly config: QueryConfig;
  readonly clock: Clock;
  readonly random: Random;
}

/** An API server ends watches without a timeout of their own after this time to twice this time, milliseconds. */
const watchTime = 1_800_000;

/** Writes the answers of kinds that are ready to be read. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #pages: Pages;
  readonly #bodies = new ListBodies();

  constructor(options: AnswersOptions) {
    this.#options = options;
    const { clock, config } = options;
    this.#pages = new Pages({ clock, keep: config.snapshotSeconds * 1_000, max: config.maxSnapshots });
  }

  close(): void {
    this.#pages.close();
  }

  /** @param others further versions of the same kind. */
  answer(
    kind: CachedKind,
    plan: Plan,
    source: Source,
    question: Question,
    options: ReadOptions,
    others: readonly CachedKind[] = [],
  ): Answer {
    const name = options.watch && question.events ? 'whole' : formOf(question.accept);
    const form = this.#form(kind, name, options);
    if (plan.type === 'one') {
      const holder = [kind, ...others].find(({ indexer }) => indexer?.get(plan.key)) ?? kind;
      return this.#one(holder, plan, source, form, question.ifNoneMatch);
    }
    if (options.watch) return this.#watch(kind, plan, source, form, question);
    return this.#list([kind, ...others], plan, source, form, question);
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

  /** @param kinds one, or several versions of one. */
  #list(
    kinds: readonly [CachedKind, ...CachedKind[]],
    plan: PlanForMany,
    source: Source,
    form: Form,
    { ifNoneMatch }: Question,
  ): Answer {
    const { options, selection, namespace, order } = plan;
    const [kind] = kinds;
    const { resource } = kind;
    const resourceVersion = oldestVersion(kinds);
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
    for (const { log, seq, resourceVersion: version } of kinds) log.note(version, seq);
    const state = kinds.map(({ resourceVersion: version, seq }) => `${version}-${seq}`).join('/');
    const headers = this.#headers(kind, source, form, state);
    if (isUnchanged(headers, ifNoneMatch)) return notModified(headers);
    if (options.limit === 0 && selection.isEmpty && form === whole && !order && kinds.length === 1) {
      headers['x-cache-index'] = namespace === undefined ? 'scan' : 'namespace';
      const items = this.#bodies.get(kind, namespace, () => selectRange(kind, selection).objects);
      return { status: 200, headers, body: [listHead({ ...head, resourceVersion }), items] };
    }
    const { objects, index } = selectFromVersions(kinds, selection, order);
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

/** A list of several versions is as old as the oldest of them: a watch from there misses nothing. */
function oldestVersion(kinds: readonly CachedKind[]): string {
  return kinds
    .map(({ resourceVersion }) => resourceVersion)
    .reduce((a, b) => ((compareResourceVersions(a, b) ?? 0) <= 0 ? a : b));
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
