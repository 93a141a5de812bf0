/** Bytes: authenticated requests from a kubeconfig, streaming bodies, frames, decoding. */
export type { ResponseBody } from './body.ts';
export {
  KubeClient,
  type KubeClientOptions,
  type KubeRequest,
  type Query,
} from './client.ts';
export {
  createObjectDecoder,
  type Keep,
  keepOf,
  type ObjectDecoder,
  type ObjectDecoderOptions,
  unreadLength,
} from './decode/index.ts';
export type { RequestDiagnostics } from './diagnostics.ts';
export { type InClusterOptions, inClusterConfig } from './in-cluster.ts';
export type { ClusterLike, ContextLike, KubeConfigLike, UserLike } from './kubeconfig.ts';
export { type LoadOptions, loadKubeConfig } from './load.ts';
export {
  type DeleteOptions,
  type GetOptions,
  type PatchOptions,
  type PatchType,
  ResourceClient,
  type ResourceClientOptions,
  type WriteOptions,
} from './resource.ts';
export type { KubeResponse } from './response.ts';
export { version } from './version.ts';
