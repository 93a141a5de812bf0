import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  builtInResources,
  defineResource,
  gvkOf,
  gvrText,
  type KubeObject,
  parseGroupVersion,
  parseGvr,
  resourcePath,
} from '../../../src/kubernetes/index.ts';

const invalid = expect.objectContaining({ code: 'InvalidResource', hint: expect.any(String) });

describe('group versions and resources as text', () => {
  it('are read', () => {
    expect(parseGroupVersion('v1')).toEqual({ group: '', version: 'v1' });
    expect(parseGroupVersion('apps/v1')).toEqual({ group: 'apps', version: 'v1' });
    expect(parseGvr('v1/pods')).toEqual({ group: '', version: 'v1', resource: 'pods' });
    expect(parseGvr('rbac.authorization.k8s.io/v1/roles')).toEqual({
      group: 'rbac.authorization.k8s.io',
      version: 'v1',
      resource: 'roles',
    });
  });

  it('are the same after print and parse, for every built-in resource', () => {
    for (const { group, version, resource } of builtInResources) {
      const gvr = { group, version, resource };
      expect(parseGvr(gvrText(gvr))).toEqual(gvr);
    }
  });

  test.each(['', '/', 'v1/', '/v1', 'a/b/c', 'Apps/v1', 'apps/V1', 'apps/1', 'apps/v1 ', '../v1', 'a..b/v1'])(
    'the apiVersion %j is refused',
    (text) => {
      expect(() => parseGroupVersion(text)).toThrow(invalid);
    },
  );

  test.each(['', 'pods', '/pods', 'v1/', 'v1/Pods', 'v1/pods/status/x', 'v1/..', 'apps/v1/a%2fb'])(
    'the resource %j is refused',
    (text) => {
      expect(() => parseGvr(text)).toThrow(invalid);
    },
  );
});

describe('the group, version and kind of an object', () => {
  it('come from its apiVersion and kind', () => {
    expect(gvkOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    expect(gvkOf({ apiVersion: 'v1', kind: 'Pod' })).toEqual({ group: '', version: 'v1', kind: 'Pod' });
  });

  test.each([{}, { kind: 'Pod' }, { apiVersion: 'v1' }, { apiVersion: 'a/b/c', kind: 'Pod' }])(
    'are refused without: %j',
    (object) => {
      expect(() => gvkOf(object)).toThrow(invalid);
    },
  );
});

describe('the path of a resource', () => {
  const pods = { group: '', version: 'v1', resource: 'pods' };
  const widgets = { group: 'example.com', version: 'v1beta1', resource: 'widgets' };

  test.each([
    [pods, {}, '/api/v1/pods'],
    [pods, { namespace: 'x' }, '/api/v1/namespaces/x/pods'],
    [pods, { namespace: 'x', name: 'y' }, '/api/v1/namespaces/x/pods/y'],
    [pods, { namespace: 'x', name: 'y', subresource: 'status' }, '/api/v1/namespaces/x/pods/y/status'],
    [widgets, { name: 'y' }, '/apis/example.com/v1beta1/widgets/y'],
    [widgets, { name: 'system:a b?c#d' }, '/apis/example.com/v1beta1/widgets/system%3Aa%20b%3Fc%23d'],
  ])('%j %j is %s', (gvr, options, path) => {
    expect(resourcePath(gvr, options)).toBe(path);
  });

  test.each([
    { name: '' },
    { name: '.' },
    { name: '..' },
    { name: 'a/b' },
    { name: 'a%2fb' },
    { namespace: '..', name: 'a' },
    { namespace: '', name: 'a' },
    { name: 'a', subresource: '../x' },
    { subresource: 'status' },
  ])('is refused for %j', (options) => {
    expect(() => resourcePath(pods, options)).toThrow(invalid);
  });

  it('never leads out of its collection, whatever the name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        let path: string;
        try {
          path = resourcePath(pods, { namespace: 'x', name });
        } catch (thrown) {
          expect(thrown).toEqual(invalid);
          return;
        }
        const url = new URL(path, 'http://server');
        expect(url.pathname.split('/').slice(0, 6).join('/')).toBe('/api/v1/namespaces/x/pods');
        expect(url.pathname.split('/')).toHaveLength(7);
        expect(decodeURIComponent(url.pathname.split('/')[6] as string)).toBe(name);
        expect(url.search + url.hash).toBe('');
      }),
    );
  });
});

describe('defineResource', () => {
  interface Widget extends KubeObject {
    spec: { color: string };
  }

  it('names a custom resource, as a resource like any other', () => {
    const widgets = defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' });
    expect(widgets).toEqual({
      group: 'example.com',
      version: 'v1',
      resource: 'widgets',
      kind: 'Widget',
      singular: 'widget',
      namespaced: true,
    });
    expect(resourcePath(widgets, { namespace: 'shop' })).toBe('/apis/example.com/v1/namespaces/shop/widgets');
  });

  test.each([
    { group: 'Example', version: 'v1', kind: 'Widget', plural: 'widgets' },
    { group: 'example.com', version: '1', kind: 'Widget', plural: 'widgets' },
    { group: 'example.com', version: 'v1', kind: 'Wid-get', plural: 'widgets' },
    { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'Widgets' },
  ])('refuses %j', (options) => {
    expect(() => defineResource(options)).toThrow(invalid);
  });
});
