import { parseArgs, styleText } from 'node:util';
import { KubeClient, loadKubeConfig, signalFromProcess } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { installDefinitions, removeDefinitions } from './operator/definitions.ts';
import { runOperator } from './operator/operator.ts';
import { playControllerManager } from './operator/stand-ins.ts';
import { tellStory } from './operator/story.ts';

/**
 * npm run example:operator [-- --duration 20] [--kubeconfig FILE [--bare]]
 *
 * An operator for websites, and somebody who creates, changes and deletes some. It ends with the story, or earlier with `--duration`
 * (seconds) or Ctrl-C, and takes everything away again. Without a kubeconfig it brings its own API server; there, and with `--bare`
 * on any API server that stands alone, it also plays the part of the controller manager.
 */
const { values } = parseArgs({
  options: { duration: { type: 'string' }, kubeconfig: { type: 'string' }, bare: { type: 'boolean', default: false } },
});

const interrupted = signalFromProcess();
const storyEnds: AbortSignal[] = [interrupted];
if (values.duration !== undefined) storyEnds.push(AbortSignal.timeout(Number(values.duration) * 1000));
// The operator outlives the story: it has to finalize.
const stop = new AbortController();

const server = values.kubeconfig === undefined ? await ApiServer.start() : undefined;
const cluster = server?.kubeConfig() ?? (await loadKubeConfig({ path: values.kubeconfig }));
say('dim', server ? `embedded API server on ${server.url}` : `cluster ${cluster.getCurrentCluster()?.server}`);

await using client = new KubeClient(cluster, { userAgent: 'operator-example' });
await installDefinitions(client, interrupted);
const running = [
  runOperator({
    cluster,
    signal: stop.signal,
    log: (line) => say(line.startsWith('status') ? 'green' : 'yellow', line),
    onError: (error) => say('red', `${error.message}\n${' '.repeat(10)}${error.hint}`),
  }),
];
if (server || values.bare) {
  say('dim', 'an API server alone: replicas become ready, and children are collected, because this program says so');
  running.push(playControllerManager({ client, signal: stop.signal, startTime: 200 }));
}
try {
  await tellStory(client, (line) => say('bold', line), AbortSignal.any(storyEnds));
} finally {
  stop.abort();
  await Promise.all(running);
  await removeDefinitions(client);
  await server?.close();
}
say('bold', 'stopped');

function say(style: Parameters<typeof styleText>[0], text: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  console.log(`${styleText('gray', time)}  ${styleText(style, text)}`);
}
