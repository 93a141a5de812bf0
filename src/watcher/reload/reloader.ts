import { asKubeInformerError, KubeInformerError } from '../../index.ts';
import type { NamedWatches } from '../cache/index.ts';
import { ConfigError, type ConfigProblem, checkConfig, type WatcherConfig } from '../config/index.ts';
import type { Subscriptions } from '../subscriptions/index.ts';
import { isEmptyPlan, planReload, type ReloadPlan } from './plan.ts';

/**
 * What came of a new configuration.
 *
 * - `applied`: it is the one that runs.
 * - `unchanged`: it says what runs already.
 * - `refused`: it can't be used; nothing changed.
 * - `restart`: it needs a new process; nothing changed.
 * - `failed`: something broke while it was applied. It counts as the one that runs; what broke was reported.
 */
export const reloadOutcomes = ['applied', 'unchanged', 'refused', 'restart', 'failed'] as const;
export type ReloadOutcome = (typeof reloadOutcomes)[number];

/** What a reload did, by name. */
export interface ReloadReport {
  readonly outcome: 'applied' | 'unchanged';
  readonly watches: NamesOfDifference;
  readonly subscriptions: NamesOfDifference;
  /** Other sections that changed. */
  readonly settings: readonly string[];
}

interface NamesOfDifference {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

export interface ReloaderOptions {
  readonly config: WatcherConfig;
  readonly watches: NamedWatches;
  readonly subscriptions: Subscriptions;
  /** Takes up the sections that change in place. Must not throw. */
  readonly onSettings: (config: WatcherConfig) => void;
}

/**
 * Brings a service from one configuration to another while it runs.
 *
 * A new configuration is taken as a whole or not at all: what runs is always one that somebody wrote. Everything that can be refused is refused before
 * anything is touched. Then come new watches before old ones end, so that who shares a cache keeps it, and subscriptions in between, so that they find the
 * caches they need. What did not change is not touched: its watches stay open, its outboxes keep what is in them.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #counts = new Map<ReloadOutcome, number>(reloadOutcomes.map((outcome) => [outcome, 0]));
  #config: WatcherConfig;
  /** One after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** The one that runs. */
  get config(): WatcherConfig {
    return this.#config;
  }

  /** How often it came to which outcome. */
  readonly counts = (): ReadonlyMap<ReloadOutcome, number> => this.#counts;

  /**
   * @param input a configuration, or what reads it: should that fail, it counts.
   * @throws ConfigError if it can't be used; KubeInformerError `RestartNeeded`, `InvalidOption`, `MissingPackage`. Nothing has changed then.
   */
  reload(input: unknown | (() => unknown)): Promise<ReloadReport> {
    const turn = this.#last.then(() => this.#reload(input));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #reload(input: unknown): Promise<ReloadReport> {
    let next: WatcherConfig;
    try {
      next = checkConfig(typeof input === 'function' ? input() : input, 'the new configuration');
      const plan = planReload(this.#config, next);
      if (isEmptyPlan(plan)) return this.#done('unchanged', plan);
      this.#refuse(plan);
      await this.#apply(plan, next);
      return this.#done('applied', plan);
    } catch (thrown) {
      const error = asKubeInformerError(thrown, 'Internal', 'the new configuration', 'Please report this.');
      this.#count(error.code === 'RestartNeeded' ? 'restart' : error.code === 'Internal' ? 'failed' : 'refused');
      throw error;
    }
  }

  /** @throws what speaks against a plan */
  #refuse({ restart, watches, subscriptions }: ReloadPlan): void {
    if (restart.length > 0) {
      throw new KubeInformerError('RestartNeeded', `${restart.join(', ')} can't change while the service runs`, {
        hint: 'Nothing of the new configuration was applied. Start the service anew with it.',
      });
    }
    const made = new Set(
      this.#options.watches
        .all()
        .filter(({ origin }) => origin === 'api')
        .map(({ spec }) => spec.name),
    );
    const taken = (section: string, name: string): ConfigProblem => ({
      path: [section],
      message: `the name ${name} is taken by one that was made at run time`,
    });
    const problems = [
      ...watches.added.filter(({ name }) => made.has(name)).map(({ name }) => taken('watches', name)),
      ...subscriptions.added
        .filter(({ name }) => this.#options.subscriptions.get(name)?.origin === 'api')
        .map(({ name }) => taken('subscriptions', name)),
    ];
    if (problems.length > 0) throw new ConfigError('the new configuration', problems);
    for (const spec of [...subscriptions.added, ...subscriptions.replaced]) this.#options.subscriptions.check(spec);
  }

  async #apply({ watches, subscriptions }: ReloadPlan, next: WatcherConfig): Promise<void> {
    const { watches: named, subscriptions: engine, onSettings } = this.#options;
    this.#config = next;
    onSettings(next);
    await Promise.all([
      ...watches.added.map((spec) => named.add(spec, 'config')),
      ...watches.replaced.map((spec) => named.reconfigure(spec)),
    ]);
    const put = (spec: WatcherConfig['subscriptions'][number]) =>
      engine.get(spec.name) ? engine.replace(spec) : engine.add(spec, 'config');
    await Promise.all([
      ...subscriptions.added.map(put),
      ...subscriptions.replaced.map(put),
      // Somebody may have taken it out at run time.
      ...subscriptions.removed.filter((name) => engine.get(name)).map((name) => engine.remove(name)),
    ]);
    for (const name of watches.removed) named.drop(name);
  }

  #done(outcome: ReloadReport['outcome'], { watches, subscriptions, settings }: ReloadPlan): ReloadReport {
    this.#count(outcome);
    return { outcome, watches: namesOf(watches), subscriptions: namesOf(subscriptions), settings };
  }

  #count(outcome: ReloadOutcome): void {
    this.#counts.set(outcome, this.#counts.get(outcome)! + 1);
  }
}

function namesOf({ added, replaced, removed, unchanged }: ReloadPlan['watches' | 'subscriptions']): NamesOfDifference {
  return { added: added.map(({ name }) => name), replaced: replaced.map(({ name }) => name), removed, unchanged };
}
