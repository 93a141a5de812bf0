import { join } from 'node:path';
import { ApiServer, makePod } from 'kube-informer/testing';
import { root, run } from './s002-type-check.ts';

/** So many pods that the informer itself does not count. */
export const podCount = 4_000;

export interface Heap {
  readonly objects: number;
  /** By how much the heap grew. */
  readonly bytes: number;
  /** What the informer says about itself. */
  readonly approximateBytes: number;
  readonly perPod: number;
}

/** The heap that an informer on so many pods takes, measured in a process of its own. */
export async function heapOf(options: object, { consumers = 1, count = podCount } = {}): Promise<Heap> {
  await using server = await ApiServer.start();
  server.seed(Array.from({ length: count }, (_, index) => makePod(index)));
  const probe = join(root, 'test/acceptance/s004-heap-probe.ts');
  const args = ['--conditions=source', '--expose-gc', probe, server.url, JSON.stringify(options), String(consumers)];
  const { code, output } = await run(process.execPath, args);
  if (code !== 0) throw new Error(`the probe failed: ${output}`);
  const measured = JSON.parse(output);
  return { ...measured, perPod: Math.round(measured.bytes / measured.objects) };
}
