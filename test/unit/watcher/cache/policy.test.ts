import { expect, test } from 'vitest';
import { mayWatchOnDemand } from '../../../../src/watcher/cache/policy.ts';

const pod = { group: '', version: 'v1', kind: 'Pod' };
const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };

test.each([
  ['*', true, true],
  ['v1/Pod', true, false],
  ['v1/*', true, false],
  ['*/Pod', true, false],
  ['Pod', true, false],
  ['apps/v1/Deployment', false, true],
  ['apps/v1/*', false, true],
  ['apps/*', false, true],
  ['apps/v2/Deployment', false, false],
  ['v2/Pod', false, false],
])('the pattern %s: pods %s, deployments %s', (pattern, pods, deployments) => {
  const config = { mode: 'allow' as const, only: [pattern], deny: [], maxKinds: 1, idleTtlSeconds: 0 };
  expect([mayWatchOnDemand(config, pod), mayWatchOnDemand(config, deployment)]).toEqual([pods, deployments]);
  const denied = { ...config, only: ['*'], deny: [pattern] };
  expect([mayWatchOnDemand(denied, pod), mayWatchOnDemand(denied, deployment)]).toEqual([!pods, !deployments]);
});
