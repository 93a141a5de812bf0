/** Informers for Kubernetes. Everything up to the Manager; the embedded API server is in `kube-informer/testing`. */
export * from './controller/index.ts';
export * from './factory/index.ts';
export * from './informer/index.ts';
export * from './kubernetes/index.ts';
export * from './manager/index.ts';
export * from './queue/index.ts';
export * from './reflector/index.ts';
export * from './runtime/index.ts';
export * from './store/index.ts';
export * from './transport/index.ts';
