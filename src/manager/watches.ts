import { type Clock, KubeInformerError, sleep, type Timer } from '../runtime/index.ts';
import type { Registry } from './registry.ts';
import { sameRequest, type WatchPlan } from './request.ts';
import { Watch, type WatchOptions } from './watch.ts';

export interface WatchesOptions extends Omit<WatchOptions, 'plan'> {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly syncTimeout: number;
}

/**
 * Makes watches, finds those that are there already, waits for them, ends them.
 *
 * Invariant: between looking for a watch and adding or removing it nothing is waited for, so that there is one for a key, however many ask at once.
 */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #ending = new Set<Promise<void>>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /**
   * The watch for `plan`: the one that is there, with its handlers brought in line, or a new one.
   *
   * @throws KubeInformerError `WatchConflict`
   */
  obtain(plan: WatchPlan, onConflict: 'replace' | 'add' | 'fail' = 'replace'): Watch {
    const known = this.#options.registry.get(plan.key);
    if (!known) return this.#create(plan, true);
    this.#meet(known, plan, onConflict);
    return known;
  }

  /**
   * Waits until `watch` has synced, and for its target if that is asked for. Who waits in vain takes the watch away, unless somebody else has it
   * or waits for it, too.
   *
   * @throws KubeInformerError `SyncTimeout`, `SyncAborted`, `TargetNotFound`
   */
  async settle(watch: Watch, { request }: WatchPlan): Promise<void> {
    watch.claims++;
    if (request.waitForSync === false) return;
    try {
      await this.#synced(watch, request.syncTimeout ?? this.#options.syncTimeout);
      if (request.requireTarget === 'wait') await watch.found;
      if (request.requireTarget === 'fail' && watch.condition('TargetFound').status !== 'True') throw noTarget(watch);
    } catch (thrown) {
      // Nothing lingers of what came to nothing: whoever tries again wants to know how things are then.
      if (--watch.claims === 0) await this.remove(watch, { linger: false });
      throw thrown;
    }
  }

  /**
   * Puts a watch for `plan` in the place of `old`, which goes on until the other has synced.
   *
   * @throws KubeInformerError as `settle`; `old` is left as it is then.
   */
  async replace(old: Watch, plan: WatchPlan): Promise<Watch> {
    const waiting = { ...plan, request: { ...plan.request, waitForSync: true } };
    const isNew = !this.#options.registry.get(plan.key);
    // The same handlers go over with what they know: they notice nothing.
    const moves = isNew && sameRequest(old.request, plan.request);
    const next = moves ? this.#create(plan, false) : this.obtain(plan);
    await this.settle(next, waiting);
    if (next === old) return next;
    if (moves && old.stopped) next.attach(plan.request.handlers);
    else if (moves) next.adopt(old);
    await this.remove(old);
    return next;
  }

  /** Ends a watch. Resolves when no handler is called any more; does not reject. */
  remove(watch: Watch, how?: { readonly linger: boolean }): Promise<void> {
    this.#options.registry.remove(watch);
    const end = watch.stop(how);
    this.#ending.add(end);
    void end.then(() => this.#ending.delete(end));
    return end;
  }

  /** Resolves when `watches` have synced, or `syncTimeout` is over. */
  async whenSynced(watches: readonly Watch[]): Promise<void> {
    await Promise.allSettled(watches.map((watch) => this.#synced(watch, this.#options.syncTimeout)));
  }

  /** Resolves when the handlers have been given what waits for them, or `limit` milliseconds are over. */
  async drain(limit: number): Promise<void> {
    const { clock, registry } = this.#options;
    const end = clock.monotonic() + limit;
    const busy = () => Array.from(registry).some(({ idle }) => !idle);
    while (busy() && clock.monotonic() < end) await sleep(clock, Math.min(20, limit));
  }

  /** Ends all of them. Does not reject. */
  async stop(): Promise<void> {
    for (const watch of Array.from(this.#options.registry)) void this.remove(watch);
    await Promise.all(this.#ending);
  }

  #create(plan: WatchPlan, withHandlers: boolean): Watch {
    const watch = new Watch({ ...this.#options, plan });
    this.#options.registry.add(watch);
    if (withHandlers) watch.attach(plan.request.handlers);
    watch.begin();
    return watch;
  }

  #meet(known: Watch, plan: WatchPlan, onConflict: 'replace' | 'add' | 'fail'): void {
    const { request, owner } = plan;
    // An owner that was made anew knows nothing of what the one before it was told.
    const recreated = 'uid' in owner && 'uid' in known.owner && owner.uid !== known.owner.uid;
    known.owner = owner;
    if (!recreated) {
      if (sameRequest(known.request, request) || known.handlers.includes(request.handlers)) return;
      if (onConflict === 'fail') throw conflict(known);
      if (onConflict === 'add') {
        known.attach(request.handlers);
        return;
      }
    }
    known.request = request;
    known.replaceHandlers(request.handlers);
  }

  async #synced(watch: Watch, timeout: number): Promise<void> {
    if (watch.hearing) return;
    const { clock } = this.#options;
    let timer: Timer | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = clock.setTimer(() => reject(syncTimeout(watch, timeout)), timeout);
    });
    await Promise.race([watch.synced, tooLate]).finally(() => timer?.cancel());
  }
}

function syncTimeout({ plan, lastError }: Watch, timeout: number): KubeInformerError {
  const why = lastError ? `; the last failure: ${lastError.message}` : '';
  return new KubeInformerError('SyncTimeout', `${plan.key} has not synced: ${timeout} ms are over${why}`, {
    cause: lastError,
    hint:
      lastError?.hint ?? 'The server did not send the whole state in time. Add it with waitForSync: false to go on.',
  });
}

function noTarget({ plan }: Watch): KubeInformerError {
  return new KubeInformerError('TargetNotFound', `${plan.key}: what is to be watched does not exist`, {
    hint: "Create it first, or ask for it with requireTarget: 'wait' or 'no'.",
  });
}

function conflict({ plan }: Watch): KubeInformerError {
  return new KubeInformerError('WatchConflict', `${plan.key} is watched already, with other handlers`, {
    hint: "Choose onConflict: 'replace' or 'add', or stop the other watch first.",
  });
}
