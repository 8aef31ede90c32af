import type { Metric, Registry } from 'prom-client';

/** Labels of one series. */
type Labels = Readonly<Record<string, string>>;

/** A histogram that takes many equal observations at the cost of one; prom-client's own takes them one by one. */
export interface BulkHistogram {
  /** The series of these labels; ask once and keep it. */
  series(labels: Labels): { observe(value: number, times: number): void };
}

interface Series {
  readonly labels: Labels;
  readonly counts: Float64Array;
  sum: number;
}

/** Adds one to `registry`; `bounds` are the upper ends of its buckets, ascending. */
export function bulkHistogram(registry: Registry, { name, help, bounds }: { readonly name: string; readonly help: string; readonly bounds: readonly number[] }): BulkHistogram {
  const all: Series[] = [];
  const metric = {
    name, help, type: 'histogram', aggregator: 'sum',
    async get() {
      return { name, help, type: 'histogram', aggregator: 'sum', values: all.flatMap(valuesOf) };
    },
    reset() {
      for (const series of all) {
        series.counts.fill(0);
        series.sum = 0;
      }
    },
  };
  const valuesOf = ({ labels, counts, sum }: Series) => {
    let total = 0;
    const buckets = counts.reduce<object[]>((list, count, index) => {
      total += count;
      list.push({ metricName: `${name}_bucket`, labels: { ...labels, le: bounds[index] ?? '+Inf' }, value: total });
      return list;
    }, []);
    return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: total }];
  };
  // the registry asks of a metric no more than this, though its type names the classes of the library
  registry.registerMetric(metric as unknown as Metric);
  return {
    series(labels) {
      const series: Series = { labels, counts: new Float64Array(bounds.length + 1), sum: 0 };
      all.push(series);
      return {
        observe(value, times) {
          let index = 0;
          while (index < bounds.length && value > (bounds[index] as number)) index++;
          series.counts[index] = (series.counts[index] ?? 0) + times;
          series.sum += value * times;
        },
      };
    },
  };
}
