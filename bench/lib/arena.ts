import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Cluster } from './cluster.ts';
import type { ServerOptions } from './contest.ts';

export interface RunningServer {
  readonly cluster: Cluster;
  readonly options: ServerOptions;
  readonly bytesPerPod: number;
  /** Changes so many pods, one after the other. */
  change(updates: number): void;
  stop(): Promise<void>;
}

/** A server in a process of its own, with its pods in place. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const child = fork(new URL(`../servers/${options.kind}.ts`, import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--conditions=source', '--max-old-space-size=12000'],
  });
  const exited = once(child, 'exit');
  const ready = once(child, 'message') as Promise<[{ cluster: Cluster; bytesPerPod: number }]>;
  const [{ cluster, bytesPerPod }] = await Promise.race([
    ready,
    exited.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ]);
  return {
    cluster,
    options,
    bytesPerPod,
    change: (updates) => void child.send(updates),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
