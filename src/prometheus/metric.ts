/** One series: its labels, and what there is to say of it. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/**
 * A row of a table of metrics. Label values come from closed sets only: names that the program gives, results, methods. Never a key, a
 * version or the text of an error, which would make series without end.
 */
export type Metric<Message> = MetricName &
  (
    | /** `total` gives the count so far; what it has grown by is added. */
    { readonly type: 'counter'; total(message: Message): Sample | undefined }
    /** One more for each message that is counted. */
    | { readonly type: 'counter'; count(message: Message): Sample[0] | undefined }
    | { readonly type: 'gauge'; value(message: Message): Sample | undefined }
    | { readonly type: 'histogram'; readonly buckets: readonly number[]; value(message: Message): Sample | undefined }
  );

/** A row whose value is asked for when somebody reads it. */
export type PolledMetric = MetricName & { readonly type: 'gauge' | 'counter'; poll(): Iterable<Sample> };

interface MetricName {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** The metrics of one room: what it publishes on a channel, and what is asked of it. */
export interface MetricTable<Message> {
  readonly channel: string;
  readonly metrics: readonly Metric<Message>[];
  readonly polled?: readonly PolledMetric[];
  /** The labels of series that end with this message: all that have them, whatever their other labels are. */
  ended?(message: Message): Sample[0] | undefined;
  /** Sees each message before the metrics do. */
  watch?(message: Message): void;
}
