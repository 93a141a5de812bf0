import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { KubeInformerError, messageOf } from '../runtime/index.ts';
import { type InClusterOptions, inClusterConfig } from './in-cluster.ts';
import type { KubeConfigLike } from './kubeconfig.ts';
import { WatchedFile } from './watched-file.ts';

export interface LoadOptions {
  /** Read this file and nothing else. */
  readonly path?: string | undefined;
  /** Use this context instead of the current one. The in-cluster configuration, which has none to choose, is then passed over. */
  readonly context?: string | undefined;
  /** Where `KUBECONFIG`, `HOME` and the variables of a pod are read. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** See `InClusterOptions`. */
  readonly serviceAccountDirectory?: string | undefined;
}

const ownHint = 'Give a path, set KUBECONFIG, or put a kubeconfig at ~/.kube/config.';

/**
 * Finds the configuration that a program is meant to use. In this order: `path`; the files of `KUBECONFIG`, merged as kubectl does (the
 * first one that names a thing wins); the service account of the pod; `~/.kube/config`.
 *
 * Files are read by `@kubernetes/client-node`, which is loaded only then.
 *
 * @throws KubeInformerError `InvalidKubeConfig` if what was found can't be used or nothing was found; `MissingPackage`
 * @example const client = new KubeClient(await loadKubeConfig());
 */
export async function loadKubeConfig(options: LoadOptions = {}): Promise<KubeConfigLike> {
  const env = options.env ?? process.env;
  if (options.path !== undefined) return readFiles([options.path], options.context);
  const tried: string[] = [];
  if (env.KUBECONFIG) {
    const paths = env.KUBECONFIG.split(delimiter).filter((path) => path !== '');
    const found = await existing(paths);
    if (found.length > 0) return readFiles(found, options.context);
    // To go on could mean another cluster than the one that was meant.
    throw invalid(`KUBECONFIG names no file that exists: ${paths.join(', ')}`, 'Correct or unset KUBECONFIG.');
  }
  tried.push('the variable KUBECONFIG is not set');
  if (options.context === undefined) {
    const inCluster: InClusterOptions = {
      env,
      ...(options.serviceAccountDirectory !== undefined && { directory: options.serviceAccountDirectory }),
    };
    try {
      return await inClusterConfig(inCluster);
    } catch (thrown) {
      tried.push(messageOf(thrown));
    }
  }
  const home = env.HOME || env.USERPROFILE || (options.env ? '' : homedir());
  if (home) {
    const path = join(home, '.kube', 'config');
    if ((await existing([path])).length > 0) return readFiles([path], options.context);
    tried.push(`the file ${path} does not exist`);
  } else tried.push('there is no home directory');
  throw invalid(`no kubeconfig was found: ${tried.join('; ')}`, ownHint);
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        (thrown: NodeJS.ErrnoException) => thrown.code !== 'ENOENT' && thrown.code !== 'ENOTDIR',
      ),
    ),
  );
  return paths.filter((_path, index) => found[index]);
}

async function readFiles(paths: readonly string[], context: string | undefined): Promise<KubeConfigLike> {
  const { KubeConfig: Config, loadYaml } = await clientNode();
  const tokenFiles = new Map<string, WatchedFile>();
  const configs: KubeConfig[] = [];
  for (const path of paths) {
    const config = new Config();
    try {
      config.loadFromFile(path);
      const raw = loadYaml<RawUsers>(await readFile(path, 'utf8'));
      for (const { name, user } of raw.users ?? []) {
        const taken = tokenFiles.has(name) || configs.some(({ users }) => users.some((known) => known.name === name));
        if (user?.tokenFile && !taken) tokenFiles.set(name, new WatchedFile(resolve(dirname(path), user.tokenFile)));
      }
    } catch (thrown) {
      throw invalid(
        `${path} can't be used: ${reasonOf(thrown)}`,
        'Check that the file can be read and is a kubeconfig in YAML.',
      );
    }
    configs.push(config);
  }
  const [first, ...others] = configs as [KubeConfig, ...KubeConfig[]];
  for (const other of others) merge(first, other);
  const name = context ?? first.getCurrentContext();
  check(first, name, paths.join(', '));
  first.setCurrentContext(name);
  readTokenFiles(first, tokenFiles);
  return first;
}

/** The part of a kubeconfig that client-node drops. */
interface RawUsers {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } | null }[];
}

/** Teaches `config` the key `tokenFile`, which client-node does not know. As for kubectl, it wins over `token`. */
function readTokenFiles(config: KubeConfig, files: ReadonlyMap<string, WatchedFile>): void {
  if (files.size === 0) return;
  const apply = config.applyToHTTPSOptions.bind(config);
  config.applyToHTTPSOptions = async (options) => {
    await apply(options);
    const file = files.get(config.getCurrentUser()?.name ?? '');
    if (file) options.headers = { ...options.headers, Authorization: `Bearer ${(await file.read()).trim()}` };
  };
}

async function clientNode(): Promise<typeof import('@kubernetes/client-node')> {
  try {
    return await import('@kubernetes/client-node');
  } catch (thrown) {
    throw new KubeInformerError(
      'MissingPackage',
      '@kubernetes/client-node could not be loaded, which reads kubeconfig files',
      {
        cause: thrown,
        hint: 'Install it: npm install @kubernetes/client-node. In a pod, inClusterConfig() does without.',
      },
    );
  }
}

/** Adds what `other` has and `config` has not. */
function merge(config: KubeConfig, other: KubeConfig): void {
  const added = <T extends { name: string }>(own: T[], theirs: T[]) => [
    ...own,
    ...theirs.filter(({ name }) => !own.some((known) => known.name === name)),
  ];
  config.clusters = added(config.clusters, other.clusters);
  config.users = added(config.users, other.users);
  config.contexts = added(config.contexts, other.contexts);
  if (!config.currentContext) config.currentContext = other.currentContext;
}

function check(config: KubeConfig, name: string | undefined, where: string): asserts name is string {
  const known = config.contexts.map((one) => one.name).join(', ') || 'none';
  if (!name) throw invalid(`${where}: no current context is set`, `Set current-context, or choose one of: ${known}.`);
  const context = config.getContextObject(name);
  if (!context) throw invalid(`${where}: there is no context ${name}`, `Choose one of: ${known}.`);
  const cluster = config.getCluster(context.cluster);
  if (!cluster)
    throw invalid(`${where}: context ${name} names the unknown cluster ${context.cluster}`, 'Add the cluster.');
  if (!cluster.server)
    throw invalid(`${where}: cluster ${cluster.name} has no server`, 'Add the URL of its API server.');
  if (context.user && !config.getUser(context.user)) {
    throw invalid(`${where}: context ${name} names the unknown user ${context.user}`, 'Add the user.');
  }
}

/** What went wrong with a file, without the lines that a YAML parser quotes: they may hold a token. */
function reasonOf(thrown: unknown): string {
  const { reason, mark } = thrown as { reason?: unknown; mark?: { line?: unknown } };
  if (typeof reason !== 'string') return messageOf(thrown);
  return typeof mark?.line === 'number' ? `${reason} in line ${mark.line + 1}` : reason;
}

function invalid(message: string, hint: string): KubeInformerError {
  return new KubeInformerError('InvalidKubeConfig', message, { hint });
}
