import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Metric, MetricTable, PolledMetric, Sample } from './metric.ts';

/** Registers the metrics of a table and keeps them current. @returns a function that ends this and takes them away. */
export function attachTable<Message>(table: MetricTable<Message>, registry: Registry): () => void {
  const recorders = table.metrics.map((metric) => recorder(metric, registry));
  const detachPolled = attachPolled(table.polled ?? [], registry);
  const listener = (published: unknown) => {
    // The channel bears the type: its name is in the table together with it.
    const message = published as Message;
    table.watch?.(message);
    const ended = table.ended?.(message);
    for (const { record, end } of recorders) {
      if (ended) end(ended);
      else record(message);
    }
  };
  subscribe(table.channel, listener);
  return () => {
    unsubscribe(table.channel, listener);
    for (const { name } of table.metrics) registry.removeSingleMetric(name);
    detachPolled();
  };
}

/** Registers metrics that are asked for at each scrape. Series that are no longer given are gone. */
export function attachPolled(metrics: readonly PolledMetric[], registry: Registry): () => void {
  for (const { type, name, help, labels, poll } of metrics) {
    const collect = (metric: { reset(): void }, set: (...sample: Sample) => void) => {
      metric.reset();
      for (const sample of poll()) set(...sample);
    };
    const options = { name, help, labelNames: labels, registers: [registry] };
    if (type === 'gauge') {
      const gauge: Gauge = new Gauge({
        ...options,
        collect: () => collect(gauge, (...sample) => gauge.set(...sample)),
      });
    } else {
      const counter: Counter = new Counter({
        ...options,
        collect: () => collect(counter, (...sample) => counter.inc(...sample)),
      });
    }
  }
  return () => {
    for (const { name } of metrics) registry.removeSingleMetric(name);
  };
}

/** What becomes of the messages in one metric. */
interface Recorder<Message> {
  record(message: Message): void;
  /** Takes away the series that have these labels. */
  end(labels: Sample[0]): void;
}

function recorder<Message>(metric: Metric<Message>, registry: Registry): Recorder<Message> {
  const options = { name: metric.name, help: metric.help, labelNames: metric.labels, registers: [registry] };
  switch (metric.type) {
    case 'gauge': {
      const gauge = new Gauge(options);
      return recorderOf(
        gauge,
        (message) => metric.value(message),
        (...sample) => gauge.set(...sample),
      );
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...metric.buckets] });
      return recorderOf(
        histogram,
        (message) => metric.value(message),
        (...sample) => histogram.observe(...sample),
      );
    }
    case 'counter': {
      const counter = new Counter(options);
      const increase = (...sample: Sample) => counter.inc(...sample);
      if ('total' in metric) {
        const growth = growthOf();
        const grown = (message: Message): Sample | undefined => {
          const sample = metric.total(message);
          return sample && [sample[0], growth(sample)];
        };
        return recorderOf(counter, grown, increase);
      }
      const one = (message: Message): Sample | undefined => {
        const labels = metric.count(message);
        return labels && [labels, 1];
      };
      return recorderOf(counter, one, increase);
    }
  }
}

function recorderOf<Message>(
  metric: { remove(labels: Record<string, string>): void },
  sampleOf: (message: Message) => Sample | undefined,
  put: (...sample: Sample) => void,
): Recorder<Message> {
  const series = new Map<string, Sample[0]>();
  return {
    record: (message) => {
      const sample = sampleOf(message);
      if (!sample) return;
      put(...sample);
      series.set(JSON.stringify(sample[0]), sample[0]);
    },
    end: (ended) => {
      for (const [key, labels] of series) {
        if (!Object.entries(ended).every(([name, value]) => labels[name] === value)) continue;
        metric.remove({ ...labels });
        series.delete(key);
      }
    },
  };
}

/** By how much a count has grown. One that is lower than before began anew: another queue of the same name. */
function growthOf(): (sample: Sample) => number {
  const before = new Map<string, number>();
  return ([labels, total]) => {
    const key = JSON.stringify(labels);
    const last = before.get(key) ?? 0;
    before.set(key, total);
    return total < last ? total : total - last;
  };
}
