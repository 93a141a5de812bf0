import type { Measure } from '../lib/contest.ts';
import { consumers } from './consumers.ts';
import { growth } from './growth.ts';
import { immutability } from './immutability.ts';
import { importCost } from './import.ts';
import { largeList } from './large-list.ts';
import { latency } from './latency.ts';
import { lookup } from './lookup.ts';
import { manager } from './manager.ts';
import { owners } from './owners.ts';
import { query } from './query.ts';
import { queue } from './queue.ts';
import { real } from './real.ts';
import { resync } from './resync.ts';
import { stall } from './stall.ts';
import { sync } from './sync.ts';

/** In the order of the page. */
export const measures: readonly Measure[] = [
  sync,
  real,
  growth,
  owners,
  stall,
  latency,
  largeList,
  consumers,
  resync,
  immutability,
  lookup,
  queue,
  manager,
  query,
  importCost,
];
