/**
 * A process of its own: an API server that has one namespace with so many pods, and makes their bytes as they are sent; it never has all of
 * them. It answers any list in one piece, as a server does from its watch cache, and any watch with the initial events and their mark.
 *
 *     node test/slow/large-list-server.ts COUNT
 */
import { createServer, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const count = Number(process.argv[2]);
/** Pods that are written in one go. */
const stride = 64;

/** What all pods have alike, behind what tells them apart: about 4 KB, a third of it managed fields. */
const rest = (() => {
  const probe = { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 };
  const container = (name: string) => ({
    name,
    image: `registry.example.com/shop/${name}:v1.2.3`,
    env: Array.from({ length: 12 }, (_, at) => ({
      name: `SETTING_${at}`,
      value: `the "value" of ${at}, ${'x'.repeat(at)}`,
    })),
    livenessProbe: probe,
    readinessProbe: probe,
  });
  const owned = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`f:field-${at}`, { '.': {}, 'f:value': {} }]),
  );
  const metadata = { labels: { app: 'web' }, managedFields: [{ manager: 'kubelet', fieldsV1: { 'f:status': owned } }] };
  const pod = {
    spec: { containers: [container('app'), container('proxy')], nodeName: 'node-1' },
    status: { phase: 'Running', podIP: '10.1.2.3' },
  };
  return `${JSON.stringify(metadata).slice(1)},${JSON.stringify(pod).slice(1)}`;
})();

const pod = (index: number): string => {
  const uid = `6f1c1a52-0000-4000-8000-${String(index).padStart(12, '0')}`;
  return `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-${index}","namespace":"shop","uid":"${uid}","resourceVersion":"${index + 1}",${rest}`;
};

/** Sends no faster than it is read. Leaves the response open. @returns how many bytes there were. */
async function send(
  response: ServerResponse,
  head: string,
  piece: (index: number) => string,
  tail: string,
): Promise<number> {
  let bytes = 0;
  function* pieces(): Generator<Buffer> {
    for (let from = 0; from < count; from += stride) {
      let text = from === 0 ? head : '';
      for (let index = from; index < Math.min(count, from + stride); index++) text += piece(index);
      if (from + stride >= count) text += tail;
      bytes += text.length;
      yield Buffer.from(text, 'latin1');
    }
  }
  await pipeline(Readable.from(pieces()), response, { end: false });
  return bytes;
}

const server = createServer(async (request, response) => {
  const { searchParams: query, pathname } = new URL(request.url!, 'http://localhost');
  response.setHeader('content-type', 'application/json');
  if (pathname !== '/api/v1/namespaces/shop/pods') {
    response
      .writeHead(404)
      .end('{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}');
  } else if (query.get('watch') !== 'true') {
    const head = `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"${count}"},"items":[`;
    const bytes = await send(response, head, (index) => (index === 0 ? '' : ',') + pod(index), ']}');
    response.end();
    process.send!({ bytes });
  } else if (query.get('sendInitialEvents') === 'true') {
    const annotations = '{"k8s.io/initial-events-end":"true"}';
    const mark = `{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"${count}","annotations":${annotations}}}}\n`;
    process.send!({ bytes: await send(response, '', (index) => `{"type":"ADDED","object":${pod(index)}}\n`, mark) });
  } else response.flushHeaders();
});
server.listen(0, '127.0.0.1', () =>
  process.send!({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` }),
);
process.on('disconnect', () => process.exit(0));
