/** The reasons that a condition of each type can have. Closed: they may become labels of metrics. */
export interface ConditionReasons {
  /** `InitialState`: the handlers have been given, or are being given, the whole state. */
  readonly Synced: 'InitialState' | 'Pending' | 'SyncTimeout' | 'Failed' | 'Stopped';
  readonly Connected:
    | 'Watching'
    | 'Connecting'
    | 'Reconnecting'
    | 'Unauthorized'
    | 'Forbidden'
    | 'NotServed'
    | 'Restarting'
    | 'LimitExceeded'
    | 'Failed'
    | 'Stopped';
  /** `Collection`: there is no single target to be found. */
  readonly TargetFound: 'Found' | 'NotFound' | 'Collection' | 'Pending' | 'Stopped';
  readonly Fresh: 'RecentContact' | 'NoContact' | 'NotServed' | 'Pending' | 'Failed' | 'Stopped';
  readonly HandlerHealthy: 'Healthy' | 'CallTooLong' | 'QueueTooLong' | 'CallFailed' | 'Stopped';
}

export type ConditionType = keyof ConditionReasons;

/** What a condition says, but for the time. */
export interface ConditionState<Type extends ConditionType = ConditionType> {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: ConditionReasons[Type];
  readonly message: string;
}

/** One thing that holds of a watch or not, in the form that Kubernetes gives such things. */
export interface WatchCondition<Type extends ConditionType = ConditionType> extends ConditionState<Type> {
  readonly type: Type;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
}

const order: readonly ConditionType[] = ['Synced', 'Connected', 'TargetFound', 'Fresh', 'HandlerHealthy'];

const initial: { readonly [Type in ConditionType]: ConditionState<Type> } = {
  Synced: { status: 'False', reason: 'Pending', message: 'the initial state has not arrived' },
  Connected: { status: 'Unknown', reason: 'Connecting', message: 'no connection yet' },
  TargetFound: { status: 'Unknown', reason: 'Pending', message: 'the initial state has not arrived' },
  Fresh: { status: 'Unknown', reason: 'Pending', message: 'the initial state has not arrived' },
  HandlerHealthy: { status: 'True', reason: 'Healthy', message: '' },
};

/** The conditions of one watch. `lastTransitionTime` moves with `status` only. */
export class Conditions {
  readonly #now: () => number;
  readonly #onChange: (condition: WatchCondition) => void;
  readonly #conditions = new Map<ConditionType, WatchCondition>();

  /** @param onChange told of each new status or reason */
  constructor(now: () => number, onChange: (condition: WatchCondition) => void) {
    this.#now = now;
    this.#onChange = onChange;
    const lastTransitionTime = this.#time();
    for (const type of order) this.#conditions.set(type, { type, ...initial[type], lastTransitionTime });
  }

  get(type: ConditionType): WatchCondition {
    return this.#conditions.get(type)!;
  }

  list(): readonly WatchCondition[] {
    return Array.from(this.#conditions.values());
  }

  set<Type extends ConditionType>(type: Type, state: ConditionState<Type>): void {
    const before = this.get(type);
    const { status, reason, message } = state;
    if (before.status === status && before.reason === reason) {
      if (before.message !== message) this.#conditions.set(type, { ...before, message });
      return;
    }
    const lastTransitionTime = before.status === status ? before.lastTransitionTime : this.#time();
    const condition = { type, status, reason, message, lastTransitionTime };
    this.#conditions.set(type, condition);
    this.#onChange(condition);
  }

  /** The watch has ended: nothing is known any more. */
  stop(): void {
    for (const type of order) this.set(type, { status: 'Unknown', reason: 'Stopped', message: 'the watch has ended' });
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}
