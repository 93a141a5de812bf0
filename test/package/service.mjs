// What the service of the package serves beside its caches: the dashboard, whose files are within the package.
import { ApiServer } from 'kube-informer/testing';
import { createWatcher } from 'kube-informer/watcher';

const server = await ApiServer.start();
const watcher = await createWatcher({ server: { port: 0 } }, { cluster: server.kubeConfig() });
const read = async (path) => {
  const response = await fetch(`${watcher.url}/${path}`);
  return [response.status, await response.text()];
};
const [status, page] = await read('dashboard');
const files = Array.from(page.matchAll(/(?:src|href)="(dashboard\/[^"]+)"/g), ([, path]) => path);
const answers = await Promise.all(files.map(read));
await watcher.stop();
await server.close();
console.log(JSON.stringify({ status, files: [...new Set(answers.map(([status]) => status))], some: files.length > 2 }));
