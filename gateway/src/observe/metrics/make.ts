import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Upper ends of buckets for what takes milliseconds to seconds, in seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Makes metrics of one registry; names begin with `hubgraph_`. */
export function makeIn(registry: Registry) {
  const registers = [registry];
  return {
    counter: (name: string, help: string, labelNames: string[] = []) => new Counter({ name: `hubgraph_${name}`, help, labelNames, registers }),
    histogram: (name: string, help: string, labelNames: string[] = []) => new Histogram({ name: `hubgraph_${name}`, help, labelNames, buckets: [...SECONDS], registers }),
    gauge: (name: string, help: string, labelNames: string[] = []) => new Gauge({ name: `hubgraph_${name}`, help, labelNames, registers }),
    /** One that is computed when it is read. */
    asked(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
      const gauge: Gauge = new Gauge({
        name: `hubgraph_${name}`, help, labelNames, registers,
        collect() {
          gauge.reset();
          collect(gauge);
        },
      });
    },
  };
}
