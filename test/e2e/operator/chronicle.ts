import { type Website, websites } from '../../../examples/operator/website.ts';
import {
  type Condition,
  type DeepReadonly,
  DynamicSharedInformerFactory,
  findCondition,
  type KubeClient,
} from '../../../src/index.ts';
import type { StoredEvent } from './scene.ts';

/** Watches the conditions of websites turn: what Events and times of transition have to agree with. */
export class Chronicle implements AsyncDisposable {
  /** What is wrong with the times of transition. */
  readonly faults: string[] = [];
  readonly #factory: DynamicSharedInformerFactory;
  /** How often a condition came to say something, by uid, reason and message. */
  readonly #turns = new Map<string, number>();

  private constructor(client: KubeClient, namespace: string) {
    this.#factory = new DynamicSharedInformerFactory(client, { namespaces: [namespace] });
    this.#factory.forResource<Website>(websites).addEventHandler({
      onAdd: (website) => this.#compare(undefined, website),
      onUpdate: (before, website) => this.#compare(before, website),
    });
    this.#factory.start();
  }

  static async open(client: KubeClient, namespace: string): Promise<Chronicle> {
    const chronicle = new Chronicle(client, namespace);
    await chronicle.#factory.waitForCacheSync();
    return chronicle;
  }

  /**
   * Compares with the Events: each turn of a condition is to be in one and counted at least once. `HostReleased` is no condition.
   *
   * @returns what is wrong, and how many times too often turns were counted in all: a killed operator may have said them already.
   */
  compareWith(events: readonly StoredEvent[]): { readonly faults: string[]; readonly surplus: number } {
    const faults: string[] = [];
    const counts = new Map<string, number>();
    for (const { involvedObject, reason, message, count } of events) {
      if (reason === 'HostReleased') continue;
      const key = [involvedObject.uid, reason, message].join(' | ');
      if (counts.has(key)) faults.push(`two events: ${key}`);
      counts.set(key, count);
    }
    for (const [key, turns] of this.#turns) {
      const count = counts.get(key) ?? 0;
      if (count < turns) faults.push(`${turns} turns, counted ${count}: ${key}`);
    }
    // Also of turns that never came: what a killed operator announced may be out of date when the next one looks.
    let surplus = 0;
    for (const [key, count] of counts) surplus += count - (this.#turns.get(key) ?? 0);
    return { faults, surplus };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#factory.stop();
  }

  #compare(before: DeepReadonly<Website> | undefined, website: DeepReadonly<Website>): void {
    for (const condition of website.status?.conditions ?? []) {
      const old = findCondition(before?.status?.conditions as readonly Condition[] | undefined, condition.type);
      const what = `${website.metadata.name} ${condition.type}`;
      const moved = old?.lastTransitionTime !== condition.lastTransitionTime;
      if (old && old.status === condition.status && moved) this.faults.push(`${what}: the time moved without a turn`);
      if (old && old.lastTransitionTime > condition.lastTransitionTime) this.faults.push(`${what}: the time went back`);
      if (old?.message === condition.message) continue;
      const key = [website.metadata.uid, condition.reason, condition.message].join(' | ');
      this.#turns.set(key, (this.#turns.get(key) ?? 0) + 1);
    }
  }
}
