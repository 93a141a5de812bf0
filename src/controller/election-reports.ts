import type { KubeInformerError } from '../runtime/index.ts';
import { asKubeInformerError, warnUnheard } from '../runtime/index.ts';
import { type LeaderElectionMessage, leaderElectionChannel } from './diagnostics.ts';
import type { LeaderElectionOptions } from './leader-election.ts';

/** What an election tells: to its callbacks, which can't harm it, and on its channel. */
export class ElectionReports {
  readonly #options: LeaderElectionOptions;
  #leader = '';
  #isLeader = false;
  #slowPaths = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  started(): void {
    this.#isLeader = true;
    this.#publish('started');
  }

  stopped(error: KubeInformerError | undefined): void {
    this.#isLeader = false;
    this.#publish('stopped');
    this.#call('onStoppedLeading', () => this.#options.onStoppedLeading?.(error));
  }

  /** Who is on the lease. */
  leader(identity: string): void {
    if (identity === this.#leader) return;
    this.#leader = identity;
    if (identity !== '') this.#call('onNewLeader', () => this.#options.onNewLeader?.(identity));
  }

  /** A renewal met a lease that had changed. */
  slowPath(): void {
    this.#slowPaths++;
    this.#publish('slow_path');
  }

  error(thrown: unknown): void {
    const error = asKubeInformerError(thrown, 'LeaseFailed', 'leader election', 'It is tried again; see the cause.');
    const { onError = warnUnheard } = this.#options;
    try {
      onError(error);
    } catch (again) {
      warnUnheard(asKubeInformerError(again, 'HandlerFailed', 'onError of the leader election threw', 'Mend it.'));
    }
  }

  #call(name: string, callback: () => unknown): void {
    try {
      callback();
    } catch (thrown) {
      this.error(asKubeInformerError(thrown, 'HandlerFailed', `${name} of the leader election threw`, 'Mend it.'));
    }
  }

  #publish(event: LeaderElectionMessage['event']): void {
    if (!leaderElectionChannel.hasSubscribers) return;
    const message: LeaderElectionMessage = {
      name: this.#options.name,
      event,
      leader_election_master_status: this.#isLeader ? 1 : 0,
      leader_election_slowpath_total: this.#slowPaths,
    };
    leaderElectionChannel.publish(message);
  }
}
