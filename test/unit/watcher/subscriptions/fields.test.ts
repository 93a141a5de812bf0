import { describe, expect, test } from 'vitest';
import { pathText, stepsOf } from '../../../../src/watcher/config/index.ts';
import { changedPaths } from '../../../../src/watcher/subscriptions/changed-paths.ts';
import { fieldsAt } from '../../../../src/watcher/subscriptions/fields.ts';

const pod = {
  metadata: { name: 'a', resourceVersion: '1', labels: { 'app.kubernetes.io/name': 'web', tier: 'front' } },
  spec: { containers: [{ name: 'x', image: 'one' }, { name: 'y' }], nodeName: null },
  status: { phase: 'Running' },
};

describe('fields', () => {
  test('are those at the paths; lists stand for their items; what is not there is left out', () => {
    const paths = ['.status.phase', 'metadata.labels["app.kubernetes.io/name"]', 'spec.containers.image', 'spec.no'];
    expect(fieldsAt(paths).of(pod)).toEqual({
      status: { phase: 'Running' },
      metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
      spec: { containers: [{ image: 'one' }, {}] },
    });
  });

  test.each([[['spec', 'spec.containers.image']], [['spec.containers.image', 'spec']]])(
    'a path inside another adds nothing: %j',
    (paths) => {
      expect(fieldsAt(paths).of(pod)).toEqual({ spec: pod.spec });
    },
  );

  test('differ when something at one of the paths does', () => {
    const { differ } = fieldsAt(['status.phase', 'spec.containers.image']);
    const changed = structuredClone(pod);
    changed.metadata.labels.tier = 'back';
    changed.spec.containers[1]!.name = 'z';
    expect(differ(pod, changed)).toBe(false);
    changed.spec.containers[1]!.image = 'two';
    expect(differ(pod, changed)).toBe(true);
  });

  test('a path is what its steps are written as', () => {
    for (const path of ['spec', 'a.b.c', 'metadata.labels["app.kubernetes.io/name"]', 'a["b c"].d']) {
      expect(pathText(stepsOf(path))).toBe(path);
    }
  });
});

describe('changed paths', () => {
  test('are where two states differ, as paths that fields have; versions are none', () => {
    const after = structuredClone(pod) as Record<string, object>;
    after.metadata = { ...pod.metadata, resourceVersion: '2', labels: { 'app.kubernetes.io/name': 'db' } };
    after.spec = {
      containers: [
        { name: 'x', image: 'two' },
        { name: 'y', image: 'two' },
      ],
      nodeName: 'n1',
    };
    const paths = changedPaths(pod, after);
    expect(paths).toEqual([
      'metadata.labels.tier',
      'metadata.labels["app.kubernetes.io/name"]',
      'spec.containers.image',
      'spec.nodeName',
    ]);
    expect(fieldsAt(paths).differ(pod, after)).toBe(true);
  });

  test('a list that grew, and a map with more changes than anybody reads, is one path', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`key-${at}`, at]));
    expect(changedPaths({ data: {}, list: [1] }, { data: many, list: [1, 2] })).toEqual(['data', 'list']);
  });
});
