/** One gauge of the metrics. */
import { Gauge, type Registry } from '@prometheus-io/client';

/** For how long a query serves all gauges that it has figures for. */
export const CACHED_MS = 3_000;

/** Adds a gauge. An unknown value (null) is left out, because 0 would mean that all is well. */
export function addGauge(
  registry: Registry,
  { name, help }: { name: string; help: string },
  read: () => Promise<number | null>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await read();
      if (value === null) this.remove();
      else this.set(value);
    },
  });
}
