import { parseArgs } from 'node:util';
import { loadKubeConfig, signalFromProcess } from 'kube-informer';
import { runOperator } from './operator.ts';

/**
 * node --conditions=source examples/operator/main.ts [--kubeconfig FILE]
 *
 * The operator by itself, as it would run in a pod. Without a kubeconfig it looks where `kubectl` does, and inside a cluster at the
 * service account. It prints a line for each write. Ctrl-C ends it.
 */
const { values } = parseArgs({ options: { kubeconfig: { type: 'string' } } });

await runOperator({
  cluster: await loadKubeConfig({ path: values.kubeconfig }),
  signal: signalFromProcess(),
  log: console.log,
  onError: (error) => console.error(`${error.message}\n  ${error.hint}`),
});
