import type { CachedObject } from '../../cache/index.ts';

interface State {
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: { readonly reason?: string; readonly signal?: number; readonly exitCode?: number };
  readonly running?: object;
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: State;
}

/** What is read of a Pod here; anything may be absent. */
interface Pod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec?: { readonly containers?: readonly unknown[]; readonly initContainers?: readonly unknown[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** Containers that are ready, of all: `1/2`. */
export function readyContainers(object: CachedObject): string {
  const { spec, status } = object as Pod;
  const ready = (status?.containerStatuses ?? []).filter((container) => container.ready);
  return `${ready.length}/${spec?.containers?.length ?? 0}`;
}

export function restarts(object: CachedObject): number {
  const { status } = object as Pod;
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

/** In a word: why it does not run, if a container says so, else its phase. */
export function podStatus(object: CachedObject): string {
  const { metadata, spec, status } = object as Pod;
  if (metadata.deletionTimestamp !== undefined) return status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  const initial = status?.initContainerStatuses ?? [];
  const stuck = initial.findIndex(
    ({ state, ready }) => state?.terminated?.exitCode !== 0 && !(state?.running && ready),
  );
  if (stuck >= 0) {
    const problem = problemOf(initial[stuck]!.state);
    const isStarting = problem === undefined || problem === 'PodInitializing';
    return isStarting ? `Init:${stuck}/${spec?.initContainers?.length ?? initial.length}` : `Init:${problem}`;
  }
  const problem = (status?.containerStatuses ?? [])
    .map(({ state }) => problemOf(state))
    .find((text) => text !== undefined);
  return problem ?? status?.reason ?? status?.phase ?? 'Unknown';
}

function problemOf(state: State | undefined): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  const { terminated } = state ?? {};
  if (!terminated) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}
