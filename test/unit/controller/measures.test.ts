import { afterEach, describe, expect, it } from 'vitest';
import { DelayingQueue, WorkQueue, type WorkQueueMessage, workQueueChannel } from '../../../src/controller/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

const messages: WorkQueueMessage[] = [];
const listener = (message: unknown) => void messages.push(message as WorkQueueMessage);

afterEach(() => {
  workQueueChannel.unsubscribe(listener);
  messages.length = 0;
});

describe('the measures of a work queue', () => {
  it('TestMetrics: over the life of one item, with additions that collapse', async () => {
    workQueueChannel.subscribe(listener);
    const clock = new FakeClock();
    const queue = new WorkQueue({ name: 'test', clock });
    queue.add('foo', { type: 'update', resourceVersion: '7' });
    expect(messages.pop()).toEqual({
      name: 'test',
      event: 'add',
      key: 'foo',
      resourceVersion: '7',
      workqueue_depth: 1,
      workqueue_adds_total: 1,
      workqueue_retries_total: 0,
    });
    queue.add('foo');
    expect(messages).toEqual([]);
    await clock.advance(50);

    await queue.get();
    expect(messages.pop()).toMatchObject({ event: 'get', workqueue_depth: 0, workqueue_queue_duration_seconds: 0.05 });
    await clock.advance(25);
    queue.add('foo');
    expect(messages.pop()).toMatchObject({ event: 'add', workqueue_depth: 1, workqueue_adds_total: 2 });
    expect(queue.measures()).toEqual({
      workqueue_depth: 1,
      workqueue_adds_total: 2,
      workqueue_retries_total: 0,
      workqueue_unfinished_work_seconds: 0.025,
      workqueue_longest_running_processor_seconds: 0.025,
    });

    queue.done('foo');
    expect(messages.pop()).toMatchObject({ event: 'done', workqueue_work_duration_seconds: 0.025, workqueue_depth: 1 });
    expect(queue.measures()).toMatchObject({ workqueue_unfinished_work_seconds: 0 });
    await clock.advance(10);
    await queue.get();
    expect(messages.pop()).toMatchObject({ workqueue_queue_duration_seconds: 0.01 });
  });

  it('sum the ages of all runs under way, and tell the longest', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.add('a');
    queue.add('b');
    await queue.get();
    await clock.advance(1_000);
    await queue.get();
    await clock.advance(500);
    expect(queue.measures()).toMatchObject({
      workqueue_unfinished_work_seconds: 2,
      workqueue_longest_running_processor_seconds: 1.5,
    });
  });

  it('count retries', () => {
    workQueueChannel.subscribe(listener);
    const queue = new DelayingQueue({ clock: new FakeClock() });
    queue.addAfter('foo', 10);
    queue.addAfter('foo', 20);
    expect(messages.map(({ event, workqueue_retries_total }) => [event, workqueue_retries_total])).toEqual([
      ['retry', 1],
      ['retry', 2],
    ]);
    queue.shutDown();
  });

  it('TestMetricShutdown: take no timer, so that nothing is left to stop', async () => {
    workQueueChannel.subscribe(listener);
    const clock = new FakeClock();
    const queue = new DelayingQueue({ name: 'test', clock });
    queue.add('foo');
    await queue.get();
    expect(clock.pendingTimers).toBe(0);
    queue.shutDown();
    queue.add('bar');
    expect(messages.map(({ event, key }) => `${event} ${key}`)).toEqual(['add foo', 'get foo']);
  });

  it('do not tell how long an item waited that was added before anybody listened', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    queue.add('foo');
    workQueueChannel.subscribe(listener);
    await queue.get();
    expect(messages).toHaveLength(1);
    expect(messages[0]).not.toHaveProperty('workqueue_queue_duration_seconds');
  });
});
