import type { WorkQueueMessage } from '../controller/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Metric, MetricTable, Sample } from './metric.ts';

/** From 10 ns to 1,000 s, as client-go has them. */
const buckets = Array.from({ length: 12 }, (_, index) => 10 ** (index - 8));
const labels = ['name'];

const total = (name: `${'workqueue_adds' | 'workqueue_retries'}_total`, help: string): Metric<WorkQueueMessage> => ({
  type: 'counter',
  name,
  help,
  labels,
  total: (message) => [{ name: message.name }, message[name]],
});

const duration = (
  name: 'workqueue_queue_duration_seconds' | 'workqueue_work_duration_seconds',
  help: string,
): Metric<WorkQueueMessage> => ({
  type: 'histogram',
  name,
  help,
  labels,
  buckets,
  value: (message) => {
    const seconds = message[name];
    return seconds === undefined ? undefined : [{ name: message.name }, seconds];
  },
});

/** Work queues, under the names of client-go. */
export function workQueueMetrics(clock: Clock): MetricTable<WorkQueueMessage> {
  /** When what is being processed was begun (monotonic), by queue and key. */
  const running = new Map<string, Map<string, number>>();
  const ages = function* (combine: (ages: readonly number[]) => number): Iterable<Sample> {
    const now = clock.monotonic();
    for (const [name, since] of running) {
      yield [{ name }, combine(Array.from(since.values(), (start) => (now - start) / 1000))];
    }
  };
  return {
    channel: 'kube-informer:workqueue',
    watch({ name, event, key }) {
      const since = running.get(name) ?? new Map<string, number>();
      running.set(name, since);
      if (event === 'get') since.set(key, clock.monotonic());
      if (event === 'done') since.delete(key);
    },
    metrics: [
      {
        type: 'gauge',
        name: 'workqueue_depth',
        help: 'Items that wait, those that were added while being processed included.',
        labels,
        value: ({ name, workqueue_depth }) => [{ name }, workqueue_depth],
      },
      total('workqueue_adds_total', 'Additions, equal ones that met before they were handed out counted once.'),
      total('workqueue_retries_total', 'Additions for later.'),
      duration('workqueue_queue_duration_seconds', 'How long items waited.'),
      duration('workqueue_work_duration_seconds', 'How long items were being processed.'),
    ],
    polled: [
      {
        type: 'gauge',
        name: 'workqueue_unfinished_work_seconds',
        help: 'The sum of the ages of all that is being processed. If it grows without end, something hangs.',
        labels,
        poll: () => ages((all) => all.reduce((sum, age) => sum + age, 0)),
      },
      {
        type: 'gauge',
        name: 'workqueue_longest_running_processor_seconds',
        help: 'The age of the oldest of them.',
        labels,
        poll: () => ages((all) => Math.max(0, ...all)),
      },
    ],
  };
}
