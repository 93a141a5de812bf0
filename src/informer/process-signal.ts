/** What `signalFromProcess` needs of the process. */
export interface SignalledProcess {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

export interface ProcessSignalOptions {
  /** Default: `SIGINT` and `SIGTERM`. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Default: the process. */
  readonly process?: SignalledProcess;
}

/** 128 and the number of the signal, as shells have it. */
const exitCodes: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
};

/**
 * A signal that is aborted when the process is asked to end (Ctrl-C, `kill`, the kubelet). Asked a second time, the process
 * exits at once, with 128 and the number of the signal as its code: whoever asks twice does not want to wait.
 *
 * Listening does not keep the process alive. Disposing of it takes the listeners off again and aborts nothing.
 *
 * @example
 * using signal = signalFromProcess();
 * await informer.run(signal);
 */
export function signalFromProcess(options: ProcessSignalOptions = {}): AbortSignal & Disposable {
  const { signals = ['SIGINT', 'SIGTERM'], process: of = process } = options;
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) of.exit(exitCodes[name] ?? 1);
    else controller.abort(new Error(`the process was asked to end by ${name}`));
  };
  for (const name of signals) of.on(name, onSignal);
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () => {
      for (const name of signals) of.off(name, onSignal);
    },
  });
}
