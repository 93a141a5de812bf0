import type { Column } from '../lib/contest.ts';
import { divide, type Medians } from '../lib/statistics.ts';

/** Columns that several tables have. */
export const columns = {
  syncMs: figure('sync ms', 'syncMs'),
  cpuMs: figure('CPU ms', 'cpuMs'),
  stallMs: figure('longest stall ms', 'stallMs', 1),
  stallP99Ms: figure('stall p99 ms', 'stallP99Ms', 1),
  heap: figure('heap MB', 'heapBytes', 0, 1e6),
  rss: figure('RSS MB', 'rssBytes', 0, 1e6),
  peakRss: figure('peak RSS MB', 'peakRssBytes', 0, 1e6),
} satisfies Readonly<Record<string, Column>>;

/** A figure as it is, or divided by `unit`. */
export function figure(title: string, name: string, digits = 0, unit = 1): Column {
  return { title, digits, value: (medians, contestant) => divide(medians.of(contestant, name), unit) };
}

/** A figure as a multiple of the same of another contestant. */
export function ratioTo(other: string, title: string, name: string): Column {
  return { title, digits: 2, value: (medians, contestant) => medians.ratio(name, contestant, other) };
}

/** Heap for each object, in KB. `objects` is a figure of every run. */
export const heapPerPod: Column = {
  title: 'heap KB/pod',
  digits: 2,
  value: (medians, id) => kilobytesPerPod(medians, id),
};

export function kilobytesPerPod(medians: Medians, contestant: string): number | undefined {
  return divide(divide(medians.of(contestant, 'heapBytes'), medians.of(contestant, 'objects')), 1000);
}

/** Updates in a second, each given to all handlers. */
export const eventsPerSecond: Column = {
  title: 'burst updates/s',
  value: (medians, id) => {
    const seconds = divide(medians.of(id, 'burstMs'), 1000);
    return divide(medians.of(id, 'updates'), seconds);
  },
};
