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
   * What is wrong with the Events: each turn of a condition is to be in one, counted at least once, and at most `again` times more in
   * all (what a killed operator had said already).
   */
  compareWith(events: readonly StoredEvent[], again: number): string[] {
    const faults: string[] = [];
    const counts = new Map<string, number>();
    for (const { involvedObject, reason, message, count } of events) {
      const key = [involvedObject.uid, reason, message].join(' | ');
      if (counts.has(key)) faults.push(`two events: ${key}`);
      counts.set(key, count);
    }
    let surplus = 0;
    for (const [key, turns] of this.#turns) {
      const count = counts.get(key) ?? 0;
      if (count < turns) faults.push(`${turns} turns, counted ${count}: ${key}`);
      surplus += count - turns;
    }
    if (surplus > again)
      faults.push(`counted ${surplus} times too often, for ${again} times it may have been done again`);
    return faults;
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
