/** The server: who may do what, the data plane, the control plane. */
export { accessOf, ChangingAccess } from './access.ts';
export { ControlCollections } from './control-collections.ts';
export { controlPlane } from './control-plane.ts';
export { DataPlane } from './data-plane.ts';
export { Health } from './health.ts';
export { type Metrics, serviceMetrics } from './metrics.ts';
export { HttpServer } from './server.ts';
export { Streams } from './streams.ts';
