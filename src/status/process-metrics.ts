/** The metrics of the process itself: memory, CPU, event loop, garbage collection; the client library has them. */
import { collectDefaultMetrics, type Registry } from '@prometheus-io/client';

/**
 * Metrics of the client library whose names break Prometheus' conventions (`promtool check metrics`); the library
 * cannot leave out single ones.
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
];
/** The longest timer of Node. The library would sample for the last two of these metrics ten times a second. */
const NEVER_MS = 2 ** 31 - 1;

/** Adds them to the registry. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: NEVER_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
