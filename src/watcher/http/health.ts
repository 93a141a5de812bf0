import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Catalogue, NamedWatches } from '../cache/index.ts';

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

/** Health of the service. */
export class Health {
  readonly #catalogue: Catalogue;
  readonly #watches: NamedWatches;
  /** Everything was well once. From then on a watch that is added takes nothing back: a new configuration must not take a service out of use that answers. */
  #wasReady = false;
  readonly #pauses = monitorEventLoopDelay({ resolution: 50 });

  constructor({ catalogue, watches }: { readonly catalogue: Catalogue; readonly watches: NamedWatches }) {
    this.#catalogue = catalogue;
    this.#watches = watches;
    this.#pauses.enable();
  }

  /** Whether the process does its work; measured since the last time that this was asked. */
  live(): Check[] {
    const pause = Math.round(this.#pauses.max / 1e6);
    this.#pauses.reset();
    return [{ name: 'event-loop', problem: pause > longestPause ? `it stood still for ${pause} ms` : undefined }];
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
    this.#pauses.disable();
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
