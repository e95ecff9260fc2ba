/**
 * What happens, counted for Prometheus as it happens; gauges.ts adds what is read when somebody looks.
 *
 * Labels come from fixed lists only. A type that nobody foresaw is `other`: strangers must not make new time series.
 */
import { Counter, collectDefaultMetrics, Histogram, type Registry } from '@prometheus-io/client';
import type { ResponseName } from '../callbacks/responses.ts';
import type { AttemptOutcome } from '../db/schema.ts';
import { RESCUE_STEPS, type RescueStep } from '../deliveries/rescue.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';

/** Below Resurs' patience of 5 s; the last finite one is the limit that no answer may pass. */
const CALLBACK_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4];
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128];

export interface Metrics {
  onCallback(answer: ResponseName, type: string, durationMs: number): void;
  onBatch(size: number): void;
  onAttempt(outcome: AttemptOutcome, durationMs: number): void;
  onRescueFailure(step: RescueStep): void;
}

/** Counters of their own for each registry, so that two services in one process do not share them. */
export function createMetrics(registry: Registry): Metrics {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const callbacks = new Counter({
    name: 'resurs_callbacks_total',
    help: 'Callbacks by type and by what they were answered.',
    labelNames: ['type', 'answer'],
    registers,
  });
  const durations = new Histogram({
    name: 'resurs_callback_duration_seconds',
    help: 'From the first byte of a callback to its answer.',
    buckets: CALLBACK_SECONDS,
    registers,
  });
  const groups = new Histogram({
    name: 'resurs_commit_group_size',
    help: 'Events stored in one commit.',
    buckets: GROUP_SIZES,
    registers,
  });
  const attempts = new Histogram({
    name: 'resurs_delivery_attempt_duration_seconds',
    help: 'Attempts to deliver, by outcome.',
    labelNames: ['outcome'],
    buckets: ATTEMPT_SECONDS,
    registers,
  });
  const rescueFailures = new Counter({
    name: 'resurs_rescue_failures_total',
    help: 'Failures of what repairs deliveries, by step: expired_claims, blocked_deliveries, overlooked_deliveries.',
    labelNames: ['step'],
    registers,
  });
  // From the start, so that an alert sees the first one.
  for (const step of RESCUE_STEPS) rescueFailures.inc({ step }, 0);
  return {
    onCallback(answer, type, durationMs) {
      callbacks.inc({ type: typeLabel(type), answer });
      durations.observe(durationMs / 1000);
    },
    onBatch: (size) => groups.observe(size),
    onRescueFailure: (step) => rescueFailures.inc({ step }),
    onAttempt: (outcome, durationMs) => attempts.observe({ outcome }, durationMs / 1000),
  };
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(CALLBACK_TYPES);

function typeLabel(type: string): string {
  if (type === '') return 'unknown';
  return KNOWN_TYPES.has(type) ? type : 'other';
}
