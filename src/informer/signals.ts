import { EventEmitter } from 'eventemitter3';
import { asKubeInformerError, type ErrorCode, type KubeInformerError, warnUnheard } from '../runtime/index.ts';

/** What an informer tells about itself, beside the events of its objects. */
export interface InformerSignals {
  /** The initial state is in the cache. */
  synced: () => void;
  /** The phase of `status()` may have changed. */
  stateChange: () => void;
  /**
   * Something went wrong; the informer deals with it. Failures of the server, of handlers, of index functions, skipped objects. While nobody
   * listens, the first of each code becomes a warning of the process.
   */
  error: (error: KubeInformerError) => void;
  /** It has ended; with the error if it failed. */
  stopped: (error: KubeInformerError | undefined) => void;
}

type Listeners = { readonly [Signal in keyof InformerSignals]: (...args: unknown[]) => void };

/**
 * Gives signals to whoever listens. A listener that throws harms neither the sender nor the other listeners; as there is nobody
 * else to tell, it becomes a warning of the process.
 */
export class Signals {
  readonly #emitter = new EventEmitter<Listeners>();
  readonly #owner: string;
  /** Codes of errors that nobody listened to: a fault that lasts warns once. */
  readonly #warned = new Set<ErrorCode>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  on<Signal extends keyof InformerSignals>(signal: Signal, listener: InformerSignals[Signal]): () => void {
    // One function for each call of `on`, so that the same listener can be there twice and be taken off once.
    const call = (...args: unknown[]) => {
      try {
        (listener as (...args: unknown[]) => void)(...args);
      } catch (thrown) {
        const prefix = `a listener for "${signal}" threw`;
        process.emitWarning(asKubeInformerError(thrown, 'HandlerFailed', prefix, 'Mend the listener.'));
      }
    };
    this.#emitter.on(signal, call);
    return () => void this.#emitter.off(signal, call);
  }

  emit<Signal extends keyof InformerSignals>(signal: Signal, ...args: Parameters<InformerSignals[Signal]>): void {
    const isHeard = this.#emitter.emit(signal, ...args);
    if (signal === 'error' && !isHeard) this.#warn(args[0] as KubeInformerError);
  }

  #warn(error: KubeInformerError): void {
    if (this.#warned.has(error.code)) return;
    this.#warned.add(error.code);
    const more = `Nobody listens to the errors of ${this.#owner}; further ones of this code are not shown.`;
    warnUnheard(error, more);
  }
}
