import { apiVersionOf, defineResource, type KubeClient, type KubeObject, sleep, systemClock } from 'kube-informer';
import { type Website, websites } from './website.ts';

const namespaces = defineResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
});
const events = defineResource<Event>({ group: '', version: 'v1', kind: 'Event', plural: 'events' });

interface Event extends KubeObject {
  involvedObject: { name: string };
  type: string;
  reason: string;
  message: string;
  count: number;
}

/** A website as somebody would write it into a file. */
function website(name: string, spec: Website['spec']) {
  return { apiVersion: apiVersionOf(websites), kind: websites.kind, metadata: { name }, spec };
}

/** What somebody does with websites, one step every two seconds, until `signal` is aborted. */
export async function tellStory(client: KubeClient, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const namespace = await createNamespace(client);
  const resource = client.resource<Website>(websites, { namespace });
  const create = (name: string, spec: Website['spec']) => resource.create(website(name, spec));
  const change = (name: string, spec: object) => resource.patch(name, { spec }, { type: 'merge' });
  const image = 'nginx:1.29';
  const steps: readonly [what: string, step: () => Promise<unknown>][] = [
    [
      'create blue, three replicas',
      () => create('blue', { image, replicas: 3, host: 'blue.test', page: '<h1>Blue</h1>' }),
    ],
    ['create green, which wants the same host', () => create('green', { image, replicas: 1, host: 'blue.test' })],
    ['blue: one replica will do', () => change('blue', { replicas: 1 })],
    ['blue moves to another host', () => change('blue', { host: 'azure.test' })],
    ['blue: back to the page of the image', () => change('blue', { page: null })],
    ['delete green', () => resource.delete('green')],
    ['delete blue', () => resource.delete('blue')],
  ];
  for (const [what, step] of steps) {
    if (signal.aborted) break;
    say(what);
    await step();
    await sleep(systemClock, 2_000, signal);
  }
  for (const { metadata } of (await resource.list({}, AbortSignal.timeout(10_000))).items) {
    await resource.delete(metadata.name);
  }
  await goneBy(AbortSignal.timeout(20_000), () => resource.list({}, AbortSignal.timeout(10_000)));
  say('what is remembered of it');
  for (const event of (await client.resource<Event>(events, { namespace }).list({}, AbortSignal.timeout(10_000)))
    .items) {
    say(`  ${event.count} × ${event.type} ${event.reason}  ${event.involvedObject.name}: ${event.message}`);
  }
  await client.resource(namespaces).delete(namespace);
}

async function createNamespace(client: KubeClient): Promise<string> {
  const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'operator-example-' } };
  return (await client.resource(namespaces).create(manifest)).metadata.name;
}

/** Waits until nothing is left: the operator still has to finalize. */
async function goneBy(
  deadline: AbortSignal,
  list: () => Promise<{ readonly items: readonly unknown[] }>,
): Promise<void> {
  while ((await list()).items.length > 0) {
    deadline.throwIfAborted();
    await sleep(systemClock, 100, deadline);
  }
}
