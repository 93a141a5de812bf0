import { type InformerEvent, type KubeObject, keyOf, type SharedIndexInformer } from '../../src/index.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

/**
 * A handler that believes nothing: it checks each event against the contract as it comes, and remembers what the events amount to.
 * `faults` lists the broken clauses.
 */
export class Witness {
  readonly faults: string[] = [];
  /** What the events say the state is: key → uid and version. */
  readonly believed = new Map<string, { uid: string; resourceVersion: string }>();
  events = 0;
  /** Set when no call may come any more. */
  over = false;
  readonly #name: string;
  readonly #informer: SharedIndexInformer<ConfigMap>;
  #busy = false;

  constructor(name: string, informer: SharedIndexInformer<ConfigMap>) {
    this.#name = name;
    this.#informer = informer;
  }

  /** The handler. With `pause` it returns a promise, and calls must not overlap. */
  handler(pause?: () => Promise<void>): (event: InformerEvent<ConfigMap>) => unknown {
    return (event) => {
      if (this.#busy) this.#fault('2: calls overlap', event);
      this.#check(event);
      if (!pause) return;
      this.#busy = true;
      return pause().finally(() => {
        this.#busy = false;
      });
    };
  }

  #check(event: InformerEvent<ConfigMap>): void {
    this.events++;
    if (this.over) this.#fault('8: a call after the end', event);
    const key = keyOf(event.object);
    const { uid, resourceVersion } = event.object.metadata;
    const known = this.believed.get(key);
    const cached = this.#informer.indexer.get(key);
    switch (event.type) {
      case 'add':
        if (known) this.#fault('2: an add of what was there', event);
        if (cached && Number(cached.metadata.resourceVersion) < Number(resourceVersion)) {
          this.#fault('1: the cache is older than the event', event);
        }
        this.believed.set(key, { uid, resourceVersion });
        return;
      case 'update': {
        const old = event.oldObject.metadata;
        if (!known) this.#fault('2: an update of what was not there', event);
        else if (known.resourceVersion !== old.resourceVersion) this.#fault('2: events do not chain', event);
        if (old.uid !== uid) this.#fault('3: an update across uids', event);
        if (Number(old.resourceVersion) >= Number(resourceVersion)) this.#fault('3: versions go back', event);
        if (cached && Number(cached.metadata.resourceVersion) < Number(resourceVersion)) {
          this.#fault('1: the cache is older than the event', event);
        }
        this.believed.set(key, { uid, resourceVersion });
        return;
      }
      case 'delete':
        if (!known) this.#fault('2: a delete of what was not there', event);
        else if (known.uid !== uid) this.#fault('3: a delete of another uid', event);
        this.believed.delete(key);
    }
  }

  #fault(clause: string, event: InformerEvent<ConfigMap>): void {
    this.faults.push(`${this.#name}: clause ${clause}: ${event.type} ${keyOf(event.object)}`);
  }
}
