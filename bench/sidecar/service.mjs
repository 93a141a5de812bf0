import { setTimeout as delay } from 'node:timers/promises';
import { createWatcher } from '../../dist/watcher/index.js';

// As in a Pod: the credentials are files, and no kubeconfig has to be read.
const cluster = {
  getCurrentCluster: () => ({ name: 'bench', server: process.argv[2] }),
  applyToHTTPSOptions: async () => {},
};
const watches = [{ name: 'pods', target: { version: 'v1', kind: 'Pod' } }];
const watcher = await createWatcher({ server: { port: 0 }, watches }, { cluster });
await watcher.ready();
await delay(2_000);
console.log('ready');
process.stdin.on('end', () => watcher.stop()).resume();
