import type { Clock } from '../../index.ts';
import type { Catalogue, NamedWatches } from '../cache/index.ts';
import { LoopPauses } from './loop-pauses.ts';

/** A thing that must be so. */
export interface Check {
  readonly name: string;
  /** `undefined`: it is. */
  readonly problem: string | undefined;
  /** What is not well and no problem. */
  readonly note?: string | undefined;
}

/** An event loop that stood still for longer than this is not alive, milliseconds. */
const longestPause = 10_000;

/** For so long a pause is told of: every probe that asks as often as Kubernetes does by default hears of it, milliseconds. */
const remembered = 10_000;

export interface HealthOptions {
  readonly catalogue: Pick<Catalogue, 'ready'>;
  readonly watches: Pick<NamedWatches, 'all'>;
  readonly clock: Clock;
}

/** Health of the service. */
export class Health {
  readonly #catalogue: HealthOptions['catalogue'];
  readonly #watches: HealthOptions['watches'];
  /** Everything was well once. From then on a watch that is added takes nothing back: a new configuration must not take a service out of use that answers. */
  #wasReady = false;
  readonly #pauses: LoopPauses;

  constructor({ catalogue, watches, clock }: HealthOptions) {
    this.#catalogue = catalogue;
    this.#watches = watches;
    this.#pauses = new LoopPauses(clock, longestPause);
  }

  /** Whether the process does its work. */
  live(): Check[] {
    const pause = this.#pauses.recent(remembered);
    const problem = pause === undefined ? undefined : `it stood still for ${Math.round(pause)} ms`;
    return [{ name: 'event-loop', problem }];
  }

  /**
   * Whether queries can be answered: everything configured was complete once. A short disconnect changes nothing: what is cached can still be served.
   */
  ready(): Check[] {
    const discovery = this.#catalogue.ready ? undefined : 'the server has not said yet what it serves';
    const watches = this.#watches.all().filter(({ origin }) => origin === 'config');
    const checks: Check[] = [
      { name: 'discovery', problem: discovery },
      ...watches.map(({ spec, synced, error }) => ({
        name: `watch/${spec.name}`,
        problem: synced ? undefined : (error?.message ?? 'not synced yet'),
      })),
    ];
    this.#wasReady ||= checks.every(({ problem }) => problem === undefined);
    return this.#wasReady ? checks.map(({ name, problem }) => ({ name, problem: undefined, note: problem })) : checks;
  }

  close(): void {
    this.#pauses.close();
  }
}

/** The checks in the words of an API server. */
export function healthText(endpoint: string, checks: readonly Check[], verbose: boolean): string {
  const failed = checks.some(({ problem }) => problem !== undefined);
  if (!failed && !verbose) return 'ok';
  const lines = checks.map(({ name, problem, note }) => {
    if (problem !== undefined) return `[-]${name} failed: ${problem}`;
    return note === undefined ? `[+]${name} ok` : `[+]${name} not yet: ${note}`;
  });
  return [...lines, `${endpoint} check ${failed ? 'failed' : 'passed'}`, ''].join('\n');
}
