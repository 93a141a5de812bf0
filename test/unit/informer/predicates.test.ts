import { describe, expect, it, test } from 'vitest';
import {
  allOf,
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  not,
  type Predicate,
  partChanged,
  pathsChanged,
  resourceVersionChanged,
} from '../../../src/informer/index.ts';
import { added, deleted, updated, type Widget, widget } from '../controller/fixtures.ts';

const before = widget('a', { metadata: { labels: { tier: 'web' } } });
const change = {
  nothing: structuredClone(before),
  status: widget('a', { status: { ready: true }, metadata: { resourceVersion: '2', labels: { tier: 'web' } } }),
  spec: widget('a', {
    spec: { color: 'red' },
    metadata: { resourceVersion: '2', generation: 2, labels: { tier: 'web' } },
  }),
  labels: widget('a', { metadata: { resourceVersion: '2', labels: { tier: 'db' } } }),
  annotations: widget('a', {
    metadata: { resourceVersion: '2', labels: { tier: 'web' }, annotations: { 'example.com/pause': 'yes' } },
  }),
};

describe('S000-04 predicates pass updates that changed what they look at', () => {
  test.each<[string, Predicate<Widget>, (keyof typeof change)[]]>([
    ['generationChanged', generationChanged, ['spec']],
    ['labelsChanged', labelsChanged, ['labels']],
    ['annotationsChanged', annotationsChanged, ['annotations']],
    ['resourceVersionChanged', resourceVersionChanged, ['status', 'spec', 'labels', 'annotations']],
    ['partChanged spec', partChanged('spec'), ['spec']],
    ['partChanged status, which was not there', partChanged('status'), ['status', 'spec', 'labels', 'annotations']],
    ['pathsChanged spec.color', pathsChanged(['spec.color']), ['spec']],
    ['pathsChanged of two', pathsChanged(['spec.size', 'status.ready']), ['status']],
    ['pathsChanged of an object', pathsChanged(['metadata.labels']), ['labels']],
    ['pathsChanged of a dotted key', pathsChanged([['metadata', 'annotations', 'example.com/pause']]), ['annotations']],
    ['pathsChanged of what is nowhere', pathsChanged(['spec.color.length', 'toString']), []],
    ['allOf', allOf(resourceVersionChanged, not(generationChanged)), ['status', 'labels', 'annotations']],
    ['anyOf', anyOf<Widget>(labelsChanged, generationChanged), ['spec', 'labels']],
    ['allOf nothing', allOf(), ['nothing', 'status', 'spec', 'labels', 'annotations']],
    ['anyOf nothing', anyOf(), []],
  ])('%s', (_name, predicate, passing) => {
    const passed = Object.entries(change).filter(([, after]) => predicate(updated(before, after)));
    expect(passed.map(([name]) => name)).toEqual(passing);
  });

  it('partChanged looks at the status where there is one, and at nothing else', () => {
    const ready = (more: Parameters<typeof widget>[1]) => widget('a', { status: { ready: true }, ...more });
    const metadata = { resourceVersion: '2', labels: { tier: 'db' } };
    expect(partChanged('status')(updated(ready({}), ready({ metadata, spec: { color: 'red' } })))).toBe(false);
    expect(partChanged('status')(updated(ready({}), ready({ metadata, status: { ready: false } })))).toBe(true);
    expect(partChanged('status')(updated(ready({}), widget('a', { metadata })))).toBe(true);
    expect(partChanged('status')(updated(widget('a'), widget('a')))).toBe(false);
  });

  it('pass additions and deletions, which not() turns around', () => {
    expect(generationChanged(added(before))).toBe(true);
    expect(pathsChanged(['spec'])(deleted(before))).toBe(true);
    expect(not(labelsChanged)(added(before))).toBe(false);
  });

  test.each([[[]], [['']], [['spec..color']], [[[]]]])('pathsChanged refuses %j', (paths) => {
    expect(() => pathsChanged(paths)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});
