import { request } from '../lib/cluster.ts';
import { compete } from '../lib/meter.ts';

/**
 * The floor: one streaming list, split into lines, each parsed as it is and put into a map. No cut, no index, no handler, no
 * error handling. What an informer in plain JavaScript can't do without.
 */
await compete(async ({ cluster, pods }) => {
  const cache = new Map<string, unknown>();
  const synced = Promise.withResolvers<void>();
  const burst = Promise.withResolvers<void>();
  let changes = 0;
  let updates = Infinity;
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const end = request(cluster, `/api/v1/pods?${query}`, (response) => {
    let rest: Buffer | undefined;
    response.on('data', (chunk: Buffer) => {
      let buffer = rest ? Buffer.concat([rest, chunk]) : chunk;
      for (let end = buffer.indexOf(10); end !== -1; end = buffer.indexOf(10)) {
        const { type, object } = JSON.parse(buffer.toString('utf8', 0, end));
        buffer = buffer.subarray(end + 1);
        if (type === 'BOOKMARK') {
          synced.resolve();
          continue;
        }
        cache.set(`${object.metadata.namespace}/${object.metadata.name}`, object);
        if (type === 'MODIFIED' && ++changes === updates) burst.resolve();
      }
      rest = buffer.length > 0 ? buffer : undefined;
    });
  });
  await synced.promise;
  if (cache.size !== pods) throw new Error(`${cache.size} of ${pods} pods arrived`);
  return {
    updated(count) {
      updates = count;
      return burst.promise;
    },
    close: async () => end(),
  };
});
