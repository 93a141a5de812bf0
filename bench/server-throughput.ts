/**
 * How fast the embedded API server serves a large collection: pods of 6 KB as a list, as a streaming list, and as a streaming
 * list of their metadata, over HTTP/1.1 and over HTTP/2 with TLS, to a client in another process that only counts bytes; and how
 * fast changes reach a watcher. The processor time is the server's alone, so the figures hold on a machine that is busy otherwise.
 *
 * Run: node --conditions=source bench/server-throughput.ts [pods]
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:http2';
import { ApiServer, makePod } from '../src/testing/index.ts';

const listPath = '/api/v1/pods';
const watchPath = `${listPath}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
const metadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const endMark = Buffer.from('"k8s.io/initial-events-end":"true"');

interface Task {
  readonly url: string;
  readonly path: string;
  readonly accept?: string;
  readonly ca: string | undefined;
  readonly until: 'end' | 'mark' | number;
}

/** Reads one answer; resolves with its bytes when it ends, when the mark came, or after so many lines. */
function read(task: Task): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { accept: task.accept ?? 'application/json' };
    let bytes = 0;
    let lines = 0;
    const onData = (close: () => void) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (typeof task.until === 'number') {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
        if (lines < task.until) return;
      } else if (task.until !== 'mark' || !chunk.includes(endMark)) return;
      close();
      resolve(bytes);
    };
    if (task.ca === undefined) {
      get(`${task.url}${task.path}`, { headers }, (response) => {
        response.on(
          'data',
          onData(() => response.destroy()),
        );
        response.on('end', () => resolve(bytes));
        response.on('error', reject);
      }).on('error', reject);
      return;
    }
    const session = connect(task.url, { ca: task.ca, settings: { initialWindowSize: 16 * 1024 * 1024 } });
    session.on('error', reject);
    session.on('connect', () => session.setLocalWindowSize(64 * 1024 * 1024));
    const stream = session.request({ ':path': task.path, ...headers });
    stream.on(
      'data',
      onData(() => session.destroy()),
    );
    stream.on('end', () => {
      session.close();
      resolve(bytes);
    });
    stream.on('error', reject);
  });
}

function client(): void {
  process.on('message', (task: Task) => {
    void read(task).then((bytes) => process.send?.(bytes));
  });
}

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 50_000);
  const reader = fork(import.meta.filename, ['client'], { execArgv: ['--conditions=source'] });
  const measure = async (title: string, task: Task, work?: () => void) => {
    const start = performance.now();
    const cpu = process.cpuUsage();
    const done = once(reader, 'message');
    reader.send(task);
    work?.();
    const bytes = Number((await done)[0]);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSeconds = (user + system) / 1e6;
    const rate = (over: number) => (bytes / 1e6 / over).toFixed(0).padStart(5);
    console.log(
      `${title.padEnd(40)} ${(bytes / 1e6).toFixed(1).padStart(7)} MB ${seconds.toFixed(2).padStart(6)} s ${rate(seconds)} MB/s` +
        ` ${cpuSeconds.toFixed(2).padStart(6)} s of CPU ${rate(cpuSeconds)} MB per s of CPU`,
    );
    return seconds;
  };
  for (const tls of [false, true]) {
    await using server = await ApiServer.start({ tls, historyLimit: 200_000 });
    const start = performance.now();
    server.seed(
      (function* () {
        for (let index = 0; index < count; index++) yield makePod(index);
      })(),
    );
    const name = tls ? 'HTTP/2 with TLS' : 'HTTP/1.1';
    if (!tls) console.log(`seeded ${count} pods in ${((performance.now() - start) / 1000).toFixed(2)} s`);
    const { caData } = server.kubeConfig().getCurrentCluster();
    const ca = caData === undefined ? undefined : Buffer.from(caData, 'base64').toString();
    const task = { url: server.url, ca };
    for (let round = 0; round < 2; round++) {
      await measure(`${name}: list`, { ...task, path: listPath, until: 'end' });
      await measure(`${name}: streaming list`, { ...task, path: watchPath, until: 'mark' });
      await measure(`${name}: streaming list of metadata`, {
        ...task,
        path: watchPath,
        accept: metadata,
        until: 'mark',
      });
    }
    const changes = 100_000;
    server.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'demo' },
      data: { k: 'v' },
    });
    const rv = server.resourceVersion;
    const watch = { ...task, path: `/api/v1/configmaps?watch=1&resourceVersion=${rv}`, until: changes };
    let applied = 0;
    const seconds = await measure(`${name}: ${changes} changes of 300 B`, watch, () => {
      const begun = performance.now();
      for (let change = 0; change < changes; change++) server.touch('configmaps', 'demo', 'a');
      applied = (performance.now() - begun) / 1000;
    });
    console.log(
      `  ${(changes / seconds / 1000).toFixed(0)} thousand events/s end to end; applied in ${applied.toFixed(2)} s`,
    );
    const pods = 20_000;
    const podWatch = { ...task, path: `/api/v1/pods?watch=1&resourceVersion=${server.resourceVersion}`, until: pods };
    const podSeconds = await measure(`${name}: ${pods} changes of pods`, podWatch, () => {
      for (let change = 0; change < pods; change++)
        server.touch(
          'pods',
          `team-${String(change % 20).padStart(2, '0')}`,
          `pod-${String(change % count).padStart(7, '0')}`,
        );
    });
    console.log(`  ${(pods / podSeconds / 1000).toFixed(0)} thousand events/s end to end`);
  }
  reader.kill();
}

if (process.argv[2] === 'client') client();
else await main();
