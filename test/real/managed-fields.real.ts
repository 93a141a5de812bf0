import { describe, expect, test } from 'vitest';
import { variedPods } from '../../bench/lib/pods.ts';
import { KubeClient, loadKubeConfig } from '../../src/index.ts';
import { makePod, type PodManifest } from '../../src/testing/index.ts';
import { startApiServer } from '../../tools/apiserver.ts';
import { ownershipOf, writeAsCluster } from '../support/pod-writers.ts';

/** Of each kind that there is, so many. */
const each = 15;

function kindOf({ metadata, spec }: PodManifest): 'bare' | 'usual' | 'large' | 'huge' {
  const containers = spec.containers as { name: string; command?: unknown }[];
  if (metadata.ownerReferences === undefined) return 'bare';
  if (containers.some(({ command }) => command !== undefined)) return 'huge';
  return containers.some(({ name }) => name.startsWith('side-car')) ? 'large' : 'usual';
}

function podsOfAllKinds(): Map<string, PodManifest[]> {
  const pods = new Map<string, PodManifest[]>([
    ['makePod', Array.from({ length: each }, (_, index) => makePod(index))],
  ]);
  for (const pod of variedPods(3_000)) {
    const kind = kindOf(pod);
    const list = pods.get(kind) ?? [];
    if (list.length < each) pods.set(kind, [...list, pod]);
  }
  return pods;
}

// On a server of its own, whatever cluster the others run on: controllers would take these pods away, which have no owner and no node
// there, and the API server of a cluster fills in defaults, which are fields, too. This one does not: nothing may differ.
describe('the managed fields of generated pods', () => {
  test('are those that a real API server notes when a cluster writes these pods', async () => {
    await using server = await startApiServer();
    const client = new KubeClient(await loadKubeConfig({ path: server.kubeconfig }));
    const pods = podsOfAllKinds();
    expect([...pods.keys()].sort()).toEqual(['bare', 'huge', 'large', 'makePod', 'usual']);
    for (const [kind, list] of pods) {
      let [bytes, bytesOfFields] = [0, 0];
      for (const pod of list) {
        const name = `${pod.metadata.name}-${kind.toLowerCase()}`;
        const written = await writeAsCluster(client, { ...pod, metadata: { ...pod.metadata, name } });
        expect(written, `${kind} ${pod.metadata.name}`).toEqual(ownershipOf(pod));
        bytes += Buffer.byteLength(JSON.stringify(pod));
        bytesOfFields += Buffer.byteLength(JSON.stringify(pod.metadata.managedFields));
      }
      const share = ((bytesOfFields / bytes) * 100).toFixed(1);
      console.log(`${kind}: ${Math.round(bytes / list.length)} bytes, ${share} % of them managed fields`);
    }
    await client.close();
  });
});
