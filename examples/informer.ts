import { parseArgs } from 'node:util';
import { loadKubeConfig, signalFromProcess, systemClock } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { aPodComesAndGoes, tutorialPods } from './informer/fake-cluster.ts';
import { logTo, tutorial } from './informer/tutorial.ts';

/**
 * npm run example:informer [-- --fake] [--kubeconfig FILE] [--duration 40]
 *
 * The first steps with an informer: what is there, what comes and goes, a function that runs every 10 s, and the replay of the cache every
 * 30 s. With `--fake` it brings its own API server, in which a pod comes and goes by itself. Ctrl-C ends it.
 */
const { values } = parseArgs({
  options: { fake: { type: 'boolean' }, kubeconfig: { type: 'string' }, duration: { type: 'string' } },
});

const stopping: AbortSignal[] = [signalFromProcess()];
if (values.duration !== undefined) stopping.push(AbortSignal.timeout(Number(values.duration) * 1000));
const signal = AbortSignal.any(stopping);
const log = logTo(console.log);

if (values.fake) {
  await using server = await ApiServer.start();
  server.seed(tutorialPods());
  const story = aPodComesAndGoes(server, systemClock, signal);
  await tutorial({ cluster: server.kubeConfig(), signal, log });
  await story;
} else {
  const cluster = await loadKubeConfig({ path: values.kubeconfig });
  await tutorial({ cluster, signal, log });
}
