import { isDeepStrictEqual } from 'node:util';
import type { SubscriptionSpec, WatcherConfig, WatchSpec } from '../config/index.ts';

/** What is to be done about things that have names. */
export interface Difference<T> {
  readonly added: readonly T[];
  /** What they are to be from now on. */
  readonly replaced: readonly T[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

/** Sections that change while the service runs, beside watches and subscriptions. */
export const liveSettings = ['server.auth', 'logging', 'onDemandWatch'] as const;
export type LiveSetting = (typeof liveSettings)[number];

/** What leads from one configuration to another. */
export interface ReloadPlan {
  readonly watches: Difference<WatchSpec>;
  readonly subscriptions: Difference<SubscriptionSpec>;
  readonly settings: readonly LiveSetting[];
  /** Where they differ in what only a new process can take up: `cluster`, `server.port`, `watches.pods`. Nothing of the plan may be done unless this is empty. */
  readonly restart: readonly string[];
}

/**
 * Compares two configurations. Pure: the same two always have the same plan.
 *
 * - Watches and subscriptions are the same if everything that is said of them is; their order means nothing.
 * - A watch whose objects are cut or limited in another way while its collection stays the same needs a new process: its cache is shared by whoever wants that
 *   collection, and is as the first one asked for.
 * - A section that is not known to be live needs a new process, so that a new section is safe before anybody thinks of it.
 */
export function planReload(from: WatcherConfig, to: WatcherConfig): ReloadPlan {
  const { watches: oldWatches, subscriptions: oldSubscriptions } = from;
  const settings = liveSettings.filter((path) => !isDeepStrictEqual(at(from, path), at(to, path)));
  return {
    watches: difference(oldWatches, to.watches),
    subscriptions: difference(oldSubscriptions, to.subscriptions),
    settings,
    restart: [...fixedPaths(from, to), ...anotherAuth(from, to), ...recut(oldWatches, to.watches)],
  };
}

/** Whether there is nothing to be done. */
export function isEmptyPlan({ watches, subscriptions, settings, restart }: ReloadPlan): boolean {
  const same = ({ added, replaced, removed }: Difference<unknown>) =>
    added.length + replaced.length + removed.length === 0;
  return same(watches) && same(subscriptions) && settings.length === 0 && restart.length === 0;
}

function difference<T extends { readonly name: string }>(from: readonly T[], to: readonly T[]): Difference<T> {
  const before = new Map(from.map((each) => [each.name, each]));
  const after = new Set(to.map(({ name }) => name));
  const isSame = (each: T) => isDeepStrictEqual(before.get(each.name), each);
  return {
    added: to.filter(({ name }) => !before.has(name)),
    replaced: to.filter((each) => before.has(each.name) && !isSame(each)),
    removed: from.map(({ name }) => name).filter((name) => !after.has(name)),
    unchanged: to.filter((each) => before.has(each.name) && isSame(each)).map(({ name }) => name),
  };
}

/** Sections, and the parts of `server`, that differ and are not live. */
function fixedPaths(from: WatcherConfig, to: WatcherConfig): string[] {
  const live = new Set<string>([...liveSettings, 'watches', 'subscriptions', '$schema']);
  const sections = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => key !== 'server');
  const parts = Object.keys(to.server).map((key) => `server.${key}`);
  return [...sections, ...parts]
    .filter((path) => !live.has(path) && !isDeepStrictEqual(at(from, path), at(to, path)))
    .sort();
}

/** Tokens may change; who is asked about them may not. */
function anotherAuth({ server: { auth: from } }: WatcherConfig, { server: { auth: to } }: WatcherConfig): string[] {
  return from.type === to.type ? [] : ['server.auth.type'];
}

/** Watches of the same collection whose objects are to be cut or limited in another way. */
function recut(from: readonly WatchSpec[], to: readonly WatchSpec[]): string[] {
  const before = new Map(from.map((each) => [each.name, each]));
  const found = to.filter((watch) => {
    const old = before.get(watch.name);
    if (!old) return false;
    const [a, b] = [splitWatch(old), splitWatch(watch)];
    return isDeepStrictEqual(a.collection, b.collection) && !isDeepStrictEqual(a.cut, b.cut);
  });
  return found.map(({ name }) => `watches.${name}`);
}

/** What decides which cache a watch has, and how the objects in it are; indexes can be added to any. */
function splitWatch({ name: _, indexes: __, ...spec }: WatchSpec): { collection: object; cut: object } {
  const { target, namespaces, labelSelector, fieldSelector, metadataOnly, ...cut } = spec;
  const order = namespaces === '*' ? namespaces : [...namespaces].sort();
  return { collection: { target, namespaces: order, labelSelector, fieldSelector, metadataOnly }, cut };
}

function at(config: WatcherConfig, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], config);
}
