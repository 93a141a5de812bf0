import type { ApiResource } from '../../index.ts';
import { type CachedKind, refusal } from '../cache/index.ts';
import { type Answer, statusAnswer } from './answer.ts';
import { Answers, type AnswersOptions } from './answers.ts';
import { type ContactOptions, contact, freshSource, reach } from './contact.ts';
import { discoveryAnswer } from './discovery.ts';
import type { KindQuery } from './kind-query.ts';
import { parseReadOptions, type ReadOptions } from './options.ts';
import { ownersWithin } from './owners.ts';
import { isVersion, type Plan, planOf } from './plan.ts';
import type { Question } from './question.ts';
import { statusOf } from './status.ts';
import type { ObjectsTarget, ReadTarget } from './target.ts';

/** Answers reads of the API of Kubernetes from the caches. */
export class QueryService {
  readonly #options: AnswersOptions;
  readonly #answers: Answers;
  /** What targets without parameters mean, from when they were asked for before: good while the kind is live and discovery says what it said then. */
  #known = new WeakMap<ObjectsTarget, { readonly kind: CachedKind; readonly plan: Plan }>();
  readonly #stopForgetting: () => void;

  constructor(options: AnswersOptions) {
    this.#options = options;
    const { catalogue } = options;
    this.#stopForgetting = catalogue.onChange(() => {
      this.#known = new WeakMap();
    });
    this.#answers = new Answers(options);
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

  /**
   * What a query by kind is about. Its version may be `*`.
   *
   * @throws NoMatchError
   */
  async targetOf({ group, version, kind, namespace, name }: KindQuery): Promise<ObjectsTarget> {
    const isAny = version === '*';
    const found = await this.#options.catalogue.resolve({ group, version: isAny ? undefined : version, kind });
    return { type: 'objects', group, version: isAny ? '*' : found.version, resource: found.resource, namespace, name };
  }

  /** Whether a path is that of one object, as far as is known. */
  isExact(target: ObjectsTarget): boolean {
    if (target.name === undefined) return false;
    return target.namespace !== undefined || this.#options.catalogue.find(target)?.namespaced === false;
  }

  close(): void {
    this.#stopForgetting();
    this.#answers.close();
  }

  /** The answer, if nothing has to be waited for. @throws what is wrong with the question */
  #atOnce(target: ObjectsTarget, question: Question, options: ReadOptions): Answer | undefined {
    const known = this.#known.get(target);
    if (known?.kind.isLive && !question.params && !question.fieldMatches) {
      known.kind.lastUsedAt = this.#options.clock.monotonic();
      return this.#answers.answer(known.kind, known.plan, freshSource(known.kind), question, options);
    }
    const { kinds, catalogue } = this.#options;
    if (target.version === '*' || options.ownerDepth > 1) return undefined;
    const resource = catalogue.find(target);
    if (!resource || (isVersion(options.resourceVersion) && !options.watch)) return undefined;
    const plan = planOf(resource, target, options);
    const { kind } = kinds.forQuery(resource, target.namespace, options, options.dedicated);
    if (!kind.isLive) return undefined;
    if (!question.params && !question.fieldMatches) this.#known.set(target, { kind, plan });
    return this.#answers.answer(kind, plan, freshSource(kind), question, options);
  }

  async #later(target: ObjectsTarget, question: Question, options: ReadOptions): Promise<Answer> {
    const { kinds, clock, config } = this.#options;
    const { namespace } = target;
    const [resource, ...others] = await this.#versionsOf(target, options);
    const plan = planOf(resource!, target, options);
    const wait: ContactOptions = {
      clock,
      signal: question.signal,
      maxWait: options.maxWait ?? config.maxWaitMs,
      thenServeStale: options.onStale === undefined ? config.thenServeStale : options.onStale === 'serve',
    };
    const open = (wanted: ApiResource) => kinds.forQuery(wanted, namespace, options, options.dedicated).kind;
    const kind = open(resource!);
    const source = await contact(kind, wait);
    const { resourceVersion, timeoutSeconds } = options;
    if (isVersion(resourceVersion) && !options.watch) {
      const maxWait = timeoutSeconds === undefined ? wait.maxWait : timeoutSeconds * 1_000;
      await reach(kind, resourceVersion, { ...wait, maxWait });
    }
    const further = others.map(open);
    for (const other of further) await contact(other, wait);
    const found = await this.#withOwners(kind, plan, question, wait);
    return this.#answers.answer(kind, found, source, question, options, further);
  }

  /** The versions of a resource to read: the one that is asked for; of any, those that are cached, or else the preferred one. */
  async #versionsOf({ group, version, resource, namespace }: ObjectsTarget, options: ReadOptions) {
    const { kinds, catalogue } = this.#options;
    if (version !== '*') return [await catalogue.resolve({ group, version, resource })];
    if (options.watch) throw refusal(400, 'BadRequest', 'watch one version: the same object comes in all of them');
    const served = catalogue.resources.filter((other) => other.group === group && other.resource === resource);
    // None is known: it is looked for, or told that there is none.
    if (served.length === 0) return [await catalogue.resolve({ group, version, resource })];
    const cached = options.dedicated ? [] : served.filter((other) => kinds.covering(other, namespace));
    return cached.length > 0 ? cached : served.slice(0, 1);
  }

  /** A plan for what an owner owns over others has these others in it. */
  async #withOwners(kind: CachedKind, plan: Plan, question: Question, wait: ContactOptions): Promise<Plan> {
    if (plan.type === 'one' || plan.options.owner === undefined || plan.options.ownerDepth === 1) return plan;
    const { kinds, catalogue } = this.#options;
    const { owner, ownerDepth } = plan.options;
    const open = async (resource: ApiResource) => {
      const namespace = resource.namespaced ? plan.namespace : undefined;
      await question.mayList?.(resource, namespace);
      const { kind: between } = kinds.forQuery(resource, namespace, {}, false);
      await contact(between, wait);
      return between;
    };
    const owners = await ownersWithin(owner, kind, ownerDepth, { catalogue, open });
    return { ...plan, selection: { ...plan.selection, owners } };
  }
}

function failureAnswer(thrown: unknown): Answer {
  return statusAnswer(statusOf(thrown));
}
