import type { Cluster } from './cluster.ts';
import type { Plot } from './plot.ts';
import type { Medians } from './statistics.ts';

/** What one run found, by name. Names end with their unit: `Ms`, `Bytes`; others are counts or ratios. */
export type Figures = Readonly<Record<string, number>>;

/** Where a contestant runs. */
export interface Arena {
  readonly cluster: Cluster;
  readonly pods: number;
  /** So many updates follow the sync; 0: none. */
  readonly updates: number;
  /** The contestant has synced: the server may begin with the updates. */
  begin(): void;
}

/** One way to do what is measured. Every run is a process of its own. */
export interface Contestant {
  readonly id: string;
  readonly name: string;
  /** A `yardstick` is what others are held against; a `peer` is of another project, and may be absent or fail. Default `ours`. */
  readonly kind?: 'ours' | 'yardstick' | 'peer';
  /** Of the servers of the measure, the one to run against. Default: the first. */
  readonly server?: string;
  /** Builds or installs what is not there yet. Resolves with the reason why it can't run on this machine, if there is one. */
  prepare?(): Promise<string | undefined>;
  run(arena: Arena): Promise<Figures>;
}

export interface ServerOptions {
  readonly kind: 'embedded' | 'real';
  readonly pods: number;
  /** Over so many namespaces. Default 20. */
  readonly namespaces?: number;
  /** Of the JSON as it is served, roughly and on average. Default 5,700. */
  readonly meanBytes?: number;
  /** How many pods the owners have, one of these numbers each. Default: that of `variedPods`. */
  readonly replicas?: readonly number[];
}

/** How big the run is. */
export interface Plan {
  /** A number of objects or updates as the goals name it, made smaller in a small run. */
  scaled(count: number): number;
  /** Whether contestants that have to be built or installed first take part. */
  readonly peers: boolean;
}

/** Written next to the figures that it is about. */
export interface Goal {
  readonly what: string;
  readonly value: number | undefined;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit?: string;
}

export interface Column {
  readonly title: string;
  /** From the medians of the contestant of the row. */
  value(medians: Medians, contestant: string): number | undefined;
  readonly digits?: number;
}

/** One question, who is asked it, and what the answers are held against. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  /** What is measured and how, for the reader of the page. */
  readonly about: string;
  /** `bench` on the embedded server or on none, `real` on a real API server. */
  readonly part: 'bench' | 'real';
  servers?(plan: Plan): Readonly<Record<string, ServerOptions>>;
  /** After the sync. Default: none. */
  updates?(plan: Plan): number;
  contestants(plan: Plan): readonly Contestant[];
  readonly columns: readonly Column[];
  goals(medians: Medians, plan: Plan): readonly Goal[];
  readonly plots: readonly Plot[];
}
