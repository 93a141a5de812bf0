/** Test doubles, for our own tests and for those of users: an embedded API server, fault plans, a clock that obeys. */
export { FakeClock, settle } from './fake-clock.ts';
export { makePod, type PodManifest, podTemplate } from './pods.ts';
export { seededRandom } from './seeded-random.ts';
export { ApiServer, type ApiServerOptions } from './server/api-server.ts';
export type { AccessReview, AuthOptions, User } from './server/auth.ts';
export type { DeleteOptions } from './server/delete.ts';
export type { ActiveFault, Fault, FaultAction, FaultPlan, Progress } from './server/faults.ts';
export type { ServerKubeConfig } from './server/kube-config.ts';
export type { ListFilter, Manifest, ResourceRef, Stored } from './server/object-api.ts';
export type { LoggedRequest, RequestFilter, RequestLog } from './server/request-log.ts';
