/**
 * Counters and histograms for Prometheus, incremented as things happen; gauges.ts adds what is evaluated on scrape.
 *
 * Labels come from fixed lists only. An unknown type is `other`, because strangers must not create new time series.
 */
import { Counter, Histogram, type Registry } from '@prometheus-io/client';
import { RESPONSES, type ResponseName } from '../callbacks/responses.ts';
import { ATTEMPT_OUTCOMES, type AttemptOutcome, PROVIDERS, type Provider } from '../db/schema.ts';
import { RESCUE_STEPS, type RescueStep } from '../deliveries/rescue.ts';
import { REFUSAL_REASONS, type RefusalReason } from '../http/refused-requests.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import { MAPI_KINDS } from '../protocol/mapi/body.ts';
import { SNAPSHOT_OUTCOMES, type SnapshotOutcome } from '../snapshots/result.ts';
import { ACCESS_REFUSALS, type AccessRefusal } from './access.ts';
import { collectProcessMetrics } from './process-metrics.ts';

/** Below Resurs' timeout of 5 s; the last finite bucket is the limit that no response may exceed. */
const CALLBACK_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4];
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
/** The last finite bucket is the limit of one request. */
const READ_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128];

export interface Metrics {
  /** `type` is empty if it is not valid. */
  onCallback(
    response: ResponseName,
    callback: { readonly provider: Provider; readonly type: string },
    durationMs: number,
  ): void;
  /** Counts a request that reached no route. */
  onRefusedRequest(reason: RefusalReason): void;
  /** Counts a request of the status API that its token does not allow. */
  onStatusRefused(reason: AccessRefusal): void;
  onBatch(size: number): void;
  onAttempt(outcome: AttemptOutcome, durationMs: number): void;
  onRescueFailure(step: RescueStep): void;
  /** Counts a request to Resurs for a payment. */
  onPaymentRead(provider: Provider, durationMs: number): void;
  /** Counts an event that was read for, before it is sent. */
  onSnapshot(provider: Provider, outcome: SnapshotOutcome): void;
  /** Counts an event of reconciliation that was stored. */
  onMissed(provider: Provider): void;
}

/** Creates the metrics in a registry of their own, so that two services in one process do not share them. */
export function createMetrics(registry: Registry): Metrics {
  collectProcessMetrics(registry);
  return {
    ...callbackMetrics([registry]),
    ...requestMetrics([registry]),
    ...deliveryMetrics([registry]),
    ...snapshotMetrics([registry]),
    ...reconciliationMetrics([registry]),
  };
}

function reconciliationMetrics(registers: Registry[]): Pick<Metrics, 'onMissed'> {
  const missed = new Counter({
    name: 'resurs_reconciliation_missed_total',
    help: 'Payments of which callbacks were missed, as this process has reported them; the command reconcile is not counted.',
    labelNames: ['provider'],
    registers,
  });
  // From the start too.
  for (const provider of PROVIDERS) missed.inc({ provider }, 0);
  return { onMissed: (provider) => missed.inc({ provider }) };
}

function requestMetrics(registers: Registry[]): Pick<Metrics, 'onRefusedRequest' | 'onStatusRefused'> {
  const refused = new Counter({
    name: 'resurs_requests_refused_total',
    help: `Requests that reached no route, by reason: ${REFUSAL_REASONS.join(', ')}.`,
    labelNames: ['reason'],
    registers,
  });
  for (const reason of REFUSAL_REASONS) refused.inc({ reason }, 0);
  const statusRefused = new Counter({
    name: 'resurs_status_requests_refused_total',
    help: `Requests of the status API that their token did not allow, by reason: ${ACCESS_REFUSALS.join(', ')}.`,
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ACCESS_REFUSALS) statusRefused.inc({ reason }, 0);
  return {
    onRefusedRequest: (reason) => refused.inc({ reason }),
    onStatusRefused: (reason) => statusRefused.inc({ reason }),
  };
}

function callbackMetrics(registers: Registry[]): Pick<Metrics, 'onCallback' | 'onBatch'> {
  const callbacks = new Counter({
    name: 'resurs_callbacks_total',
    help: `Callbacks by type, outcome and provider: ${PROVIDERS.join(', ')}.`,
    labelNames: ['type', 'outcome', 'provider'],
    registers,
  });
  // From the start, so that an alert sees the first one: Prometheus takes a series that begins at 1 for unchanged.
  for (const outcome of [...Object.keys(RESPONSES), 'mocked']) {
    for (const provider of PROVIDERS) {
      for (const type of labelsOf(provider)) callbacks.inc({ type, outcome, provider }, 0);
    }
  }
  const durations = new Histogram({
    name: 'resurs_callback_duration_seconds',
    help: 'From the first byte of a callback to its response.',
    buckets: CALLBACK_SECONDS,
    registers,
  });
  const batches = new Histogram({
    name: 'resurs_commit_group_size',
    help: 'Events stored in one commit.',
    buckets: BATCH_SIZES,
    registers,
  });
  return {
    onCallback(response, { provider, type }, durationMs) {
      callbacks.inc({ type: typeLabel(provider, type), outcome: response, provider });
      durations.observe(durationMs / 1000);
    },
    onBatch: (size) => batches.observe(size),
  };
}

function deliveryMetrics(registers: Registry[]): Pick<Metrics, 'onAttempt' | 'onRescueFailure'> {
  const attempts = new Histogram({
    name: 'resurs_delivery_attempt_duration_seconds',
    help: 'Attempts to deliver, by outcome.',
    labelNames: ['outcome'],
    buckets: ATTEMPT_SECONDS,
    registers,
  });
  const rescueFailures = new Counter({
    name: 'resurs_rescue_failures_total',
    help: 'Failures to rescue deliveries, by step: expired_claims, blocked_deliveries, overlooked_deliveries.',
    labelNames: ['step'],
    registers,
  });
  // From the start too.
  for (const outcome of ATTEMPT_OUTCOMES) attempts.zero({ outcome });
  for (const step of RESCUE_STEPS) rescueFailures.inc({ step }, 0);
  return {
    onAttempt: (outcome, durationMs) => attempts.observe({ outcome }, durationMs / 1000),
    onRescueFailure: (step) => rescueFailures.inc({ step }),
  };
}

function snapshotMetrics(registers: Registry[]): Pick<Metrics, 'onPaymentRead' | 'onSnapshot'> {
  const snapshots = new Counter({
    name: 'resurs_snapshots_total',
    help: `Events for which Resurs was to be asked for the payment, by outcome: ${SNAPSHOT_OUTCOMES.join(', ')}.`,
    labelNames: ['provider', 'outcome'],
    registers,
  });
  const reads = new Histogram({
    name: 'resurs_payment_read_duration_seconds',
    help: 'Requests to Resurs for a payment, for the snapshots of events.',
    labelNames: ['provider'],
    buckets: READ_SECONDS,
    registers,
  });
  // From the start too.
  for (const provider of PROVIDERS) {
    reads.zero({ provider });
    for (const outcome of SNAPSHOT_OUTCOMES) snapshots.inc({ provider, outcome }, 0);
  }
  return {
    onPaymentRead: (provider, durationMs) => reads.observe({ provider }, durationMs / 1000),
    onSnapshot: (provider, outcome) => snapshots.inc({ provider, outcome }),
  };
}

/** Of the Merchant API no other types are accepted. */
const KNOWN_TYPES: Readonly<Record<Provider, ReadonlySet<string>>> = {
  'resurs-ecom': new Set(CALLBACK_TYPES),
  'resurs-mapi': new Set([...MAPI_KINDS, 'TEST']),
};

function labelsOf(provider: Provider): string[] {
  return [...KNOWN_TYPES[provider], ...(provider === 'resurs-ecom' ? ['other'] : []), 'unknown'];
}

function typeLabel(provider: Provider, type: string): string {
  if (type === '') return 'unknown';
  return KNOWN_TYPES[provider].has(type) ? type : 'other';
}
