import * as clientNode from '@kubernetes/client-node';
import { describe, expect, it, test } from 'vitest';
import { builtInResources, findBuiltInResource, parseGvr } from '../../../src/kubernetes/index.ts';

const client = new Map<string, unknown>(Object.entries(clientNode));

describe('the built-in resources', () => {
  it('are each there once', () => {
    const names = builtInResources.map(({ group, version, resource }) => `${group}/${version}/${resource}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(55);
  });

  it('can all be listed and watched', () => {
    for (const { verbs } of builtInResources) expect(verbs).toEqual(expect.arrayContaining(['get', 'list', 'watch']));
  });

  test.each([
    ['v1/pods', { kind: 'Pod', singular: 'pod', namespaced: true, shortNames: ['po'], categories: ['all'] }],
    ['v1/endpoints', { kind: 'Endpoints', singular: 'endpoints', namespaced: true, shortNames: ['ep'] }],
    ['v1/nodes', { kind: 'Node', namespaced: false, subresources: ['proxy', 'status'] }],
    ['apps/v1/deployments', { kind: 'Deployment', shortNames: ['deploy'], subresources: ['scale', 'status'] }],
    ['apiextensions.k8s.io/v1/customresourcedefinitions', { shortNames: ['crd', 'crds'], namespaced: false }],
    ['networking.k8s.io/v1/networkpolicies', { kind: 'NetworkPolicy', singular: 'networkpolicy' }],
  ])('%s is described as a server describes it', (text, description) => {
    expect(findBuiltInResource(parseGvr(text))).toMatchObject(description);
  });

  it('are not found where there are none', () => {
    expect(findBuiltInResource(parseGvr('apps/v1beta1/deployments'))).toBeUndefined();
  });

  /** The methods of client-node were generated from the OpenAPI document of Kubernetes: an independent source. */
  it('have the kinds, scopes and versions that the generated client has', () => {
    const apiOf = ({ group, version }: { group: string; version: string }) => {
      const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '');
      const camel = name.replace(/(^|\.)([a-z])/g, (_, _dot, letter: string) => letter.toUpperCase());
      return `${camel}${version.toUpperCase()}Api`;
    };
    for (const entry of builtInResources) {
      const api = client.get(apiOf(entry)) as { prototype: object } | undefined;
      expect(api, apiOf(entry)).toBeDefined();
      const method = entry.namespaced ? `listNamespaced${entry.kind}` : `list${entry.kind}`;
      expect(method in (api as { prototype: object }).prototype, `${apiOf(entry)}.${method}`).toBe(true);
    }
  });

  it('leave out none that the generated client can list in a stable version', () => {
    const groups = new Set(builtInResources.map(({ group, version }) => `${group}/${version}`));
    expect(groups.size).toBe(20);
    const known = new Set(builtInResources.map(({ kind }) => kind));
    const listed = [...client]
      .filter(([name, value]) => /(?<!alpha\d|beta\d)V[12]Api$/.test(name) && typeof value === 'function')
      .flatMap(([, value]) => Object.getOwnPropertyNames((value as { prototype: object }).prototype))
      .flatMap((method) => /^list(?:Namespaced)?(\w+?)(?:ForAllNamespaces)?(?:WithHttpInfo)?$/.exec(method)?.[1] ?? []);
    const missing = [...new Set(listed)].filter((kind) => !known.has(kind));
    // Component statuses can't be watched.
    expect(missing).toEqual(['ComponentStatus']);
  });
});
