import { ApiServer, makePod } from '../src/testing/index.ts';

/** The server of the benchmarks, in a process of its own: so many pods, and bursts of updates when told. */
const pods = Number(process.argv[2]);
const server = await ApiServer.start();
const names = Array.from({ length: 20 }, (_, index) => `namespace-${index}`);
for (const name of names) server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
let bytes = 0;
server.seed(
  (function* () {
    for (let index = 0; index < pods; index++) {
      const pod = makePod(index);
      if (index % 50 === 0) bytes += JSON.stringify(pod).length * 50;
      yield pod;
    }
  })(),
);
process.send!({ cluster: { url: server.url }, bytesPerPod: Math.round(bytes / pods) });
const all = server.list({ group: '', version: 'v1', resource: 'pods' }).map(({ metadata }) => metadata);
process.on('message', (updates: number) => {
  for (let index = 0; index < updates; index++) {
    const { namespace, name } = all[index % all.length]!;
    server.touch('pods', namespace!, name);
  }
});
process.on('disconnect', () => void server.close());
