// Figures of the running server, in Prometheus' text form. What is counted is registered by whoever counts it, through
// this small port: a figure that exists already is read when it is asked for and costs nothing in between.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Injection token. */
export const METRICS = Symbol('Metrics');

export interface Metrics {
  /** Goes up and down; read when asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** Only goes up; read when asked for. */
  total(name: string, help: string, read: () => number): void;
  /** Only goes up; told as it happens. Label values must be few. */
  counter<L extends string>(name: string, help: string, labels: readonly L[]): (labels: LabelsOf<L>) => void;
  /** Seconds, told as they happen. */
  seconds<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): (labels: LabelsOf<L>, seconds: number) => void;
}

type LabelsOf<L extends string> = { readonly [K in L]: string };

const PREFIX = 'rootline_';

export class PrometheusMetrics implements Metrics {
  private readonly registry = new Registry();

  constructor() {
    // The process: CPU, memory, descriptors, lag of the event loop, garbage collection.
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect: (): void => gauge.set(read()),
    });
  }

  total(name: string, help: string, read: () => number): void {
    const counter: Counter = new Counter({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect: (): void => {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  counter<L extends string>(name: string, help: string, labels: readonly L[]): (labels: LabelsOf<L>) => void {
    const counter = new Counter<L>({
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
    });
    return (values) => counter.inc(values);
  }

  seconds<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): (labels: LabelsOf<L>, seconds: number) => void {
    const histogram = new Histogram<L>({
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.registry],
    });
    return (values, seconds) => histogram.observe(values, seconds);
  }
}
