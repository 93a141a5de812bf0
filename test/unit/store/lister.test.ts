import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from '../../../src/kubernetes/index.ts';
import { Indexer, Lister } from '../../../src/store/index.ts';

interface Thing {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

const things: Thing[] = [
  { metadata: { namespace: 'shop', name: 'blue', labels: { app: 'web', tier: 'front' } } },
  { metadata: { namespace: 'shop', name: 'red', labels: { app: 'api' } } },
  { metadata: { namespace: 'bank', name: 'blue', labels: { app: 'web' } } },
  { metadata: { namespace: 'bank', name: 'plain' } },
  { metadata: { name: 'node-1', labels: { app: 'web' } } },
];

function lister() {
  const indexer = new Indexer<Thing>();
  indexer.replace(things);
  return new Lister<Thing>(indexer);
}

const keys = (list: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[]) =>
  list.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).sort();

describe('a lister', () => {
  it('gets by namespace and name, or by name alone what has no namespace', () => {
    expect(lister().get('shop', 'blue')).toBe(things[0]);
    expect(lister().get('node-1')).toBe(things[4]);
    expect(lister().get('', 'node-1')).toBe(things[4]);
    expect(lister().get('blue')).toBeUndefined();
    expect(lister().namespace('bank').get('blue')).toBe(things[2]);
    expect(lister().namespace('bank').get('red')).toBeUndefined();
    expect(lister().namespace('').get('node-1')).toBe(things[4]);
  });

  it('lists everything, a namespace, or all namespaces', () => {
    expect(keys(lister().list())).toEqual(['/node-1', 'bank/blue', 'bank/plain', 'shop/blue', 'shop/red']);
    expect(keys(lister().namespace('bank').list())).toEqual(['bank/blue', 'bank/plain']);
    expect(keys(lister().namespace('').list())).toEqual(keys(lister().list()));
    expect(lister().namespace('nowhere').list()).toEqual([]);
  });

  it.each([
    ['app=web', ['/node-1', 'bank/blue', 'shop/blue']],
    ['app=web,tier', ['shop/blue']],
    ['!app', ['bank/plain']],
    ['', ['/node-1', 'bank/blue', 'bank/plain', 'shop/blue', 'shop/red']],
    ['app=nothing', []],
  ])('selects by labels: %s (TestListAll)', (selector, expected) => {
    expect(keys(lister().list({ selector: parseLabelSelector(selector) }))).toEqual(expected);
  });

  it('selects by labels inside a namespace', () => {
    const selector = parseLabelSelector('app=web');
    expect(keys(lister().namespace('bank').list({ selector }))).toEqual(['bank/blue']);
  });
});
