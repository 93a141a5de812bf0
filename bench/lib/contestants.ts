import type { InformerOptions } from '../contestants/informer.ts';
import { buildClientGo } from '../peers/client-go/build.ts';
import { installKfc } from '../peers/kfc/install.ts';
import { buildKubeRs } from '../peers/kube-rs/build.ts';
import { kubeConfigFile } from './cluster.ts';
import type { Contestant } from './contest.ts';
import { nativeContestant, nodeContestant } from './processes.ts';

/** This library. */
export function informer(
  id: string,
  name: string,
  options: InformerOptions = {},
  { server, execArgv = [] }: { readonly server?: string; readonly execArgv?: readonly string[] } = {},
): Contestant {
  return nodeContestant({
    id,
    name: `kube-informer${name ? `, ${name}` : ''}`,
    module: 'informer.ts',
    options: { ...options },
    execArgv,
    ...(server !== undefined && { server }),
  });
}

export const ours = {
  default: informer('default', '', {}),
  read: informer('read', 'every pod read whole', { reading: 'whole' }),
  projected: informer('projected', 'two fields projected', { as: 'projected' }),
  metadata: informer('metadata', 'metadata only', { as: 'metadata' }),
  /** As docs/guides/production.md advises. */
  smallYoung: informer('small-young', '--max-semi-space-size=4', {}, { execArgv: ['--max-semi-space-size=4'] }),
} as const;

export const floor = nodeContestant({
  id: 'floor',
  kind: 'yardstick',
  name: 'floor: split, JSON.parse, Map.set',
  module: 'floor.ts',
});

export const clientNode = nodeContestant({
  id: 'client-node',
  kind: 'peer',
  name: 'client-node 2.x, makeInformer',
  module: 'client-node.ts',
});

export function kfc(): Contestant {
  let entry = '';
  const base = { id: 'kfc', kind: 'peer', name: 'kubernetes-fluent-client, Watch' } as const;
  return {
    ...base,
    prepare: () =>
      installKfc().then(
        (path) => {
          entry = path;
          return undefined;
        },
        (error: Error) => `npm could not install it: ${error.message.split('\n')[0]}`,
      ),
    run: (arena) => nodeContestant({ ...base, module: 'kfc.ts', options: { entry } }).run(arena),
  };
}

type GoKind = 'dynamic' | 'metadata' | 'metadata-protobuf' | 'typed' | 'typed-protobuf';

export function clientGo(kind: GoKind, { strip = false } = {}): Contestant {
  let program: string | undefined;
  const [type, format = 'JSON'] = kind.split('-') as [string, string?];
  return nativeContestant({
    id: `client-go-${kind}${strip ? '-stripped' : ''}`,
    name: `client-go, ${type}, ${format}${strip ? ', managedFields dropped' : ''}`,
    async prepare() {
      try {
        program = await buildClientGo();
      } catch (error) {
        return `go build failed: ${(error as Error).message.split('\n')[0]}`;
      }
      return program === undefined ? 'there is no Go here' : undefined;
    },
    command: async ({ cluster, pods, updates }) => [
      program!,
      `-kubeconfig=${await kubeConfigFile(cluster)}`,
      `-kind=${type}`,
      `-protobuf=${format === 'protobuf'}`,
      `-strip-managed-fields=${strip}`,
      `-count=${pods}`,
      `-updates=${updates}`,
    ],
  });
}

export function kubeRs(kind: 'typed' | 'dynamic' | 'metadata'): Contestant {
  let program: string | undefined;
  return nativeContestant({
    id: `kube-rs-${kind}`,
    name: `kube-rs, ${kind}`,
    async prepare() {
      try {
        program = await buildKubeRs();
      } catch (error) {
        return `cargo build failed: ${(error as Error).message.split('\n')[0]}`;
      }
      return program === undefined ? 'there is no cargo here' : undefined;
    },
    command: async ({ cluster, pods, updates }) => [
      program!,
      ...['--kubeconfig', await kubeConfigFile(cluster), '--kind', kind],
      ...['--count', String(pods), '--updates', String(updates)],
    ],
  });
}
