/**
 * Reports missed facts: asks whether the order is ours, and stores the event as callbacks are stored, once and with its
 * delivery. What could not be stored is `failed` and never an error, so that one payment does not stop the run.
 */
import { publicId } from '../events/public-id.ts';
import type { RecordResult } from '../inbox/batch.ts';
import type { Recorder } from '../inbox/recorder.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Ownership } from '../ownership/ownership.ts';
import type { ReportOutcome } from './part.ts';
import { type MissedPayment, toReconciledEvent } from './to-event.ts';

export interface ReportOptions {
  readonly ownership: Pick<Ownership, 'isOurs'>;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly dedupeWindowMs: number;
  /** Stores nothing; what would be stored is `missed`. */
  readonly dryRun: boolean;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** How many payments a run may report; those beyond are for later. */
  readonly maxMissed: number;
  /** Called for each payment that is `missed`; `eventId` is null in a dry run. */
  onMissed(found: MissedPayment, eventId: string | null): void;
  /** Called for each payment that could not be reported; `reason` is one line. */
  onFailed(found: MissedPayment, reason: string): void;
}

/** How long the shop or the database may take to decide whether the order is ours, as for a callback. */
const OWNERSHIP_TIMEOUT_MS = 3_000;
/** Longer than callbacks wait: their commit is given up when one of them waits too long, and never because of this. */
const RECORD_TIMEOUT_MS = 10_000;

/** When failures in a row have taken so long, the shop or the database is away, and every further payment waits for it. */
const MAX_FAILING_MS = 30_000;

/** Creates what says whether an order may be ours; where that cannot be decided it may. */
export function createOwnershipCheck(
  ownership: Pick<Ownership, 'isOurs'>,
): (orderReference: string) => Promise<boolean> {
  return async (orderReference) => {
    const verdict = await ownership.isOurs(orderReference, OWNERSHIP_TIMEOUT_MS).catch(() => 'unknown' as const);
    return verdict !== 'not_ours';
  };
}

/** Creates what reports the missed facts of one run. */
export function createReport(options: ReportOptions): (found: MissedPayment) => Promise<ReportOutcome> {
  let missed = 0;
  let failingMs = 0;
  return async (found) => {
    if (missed >= options.maxMissed || failingMs >= MAX_FAILING_MS) return 'later';
    // Counted at once, because several may be under way.
    missed += 1;
    const startedAtMs = options.clock.elapsed();
    const outcome = await report(found, options).catch((error: unknown) => {
      options.onFailed(found, errorSummary(error));
      return 'failed' as const;
    });
    if (outcome !== 'missed') missed -= 1;
    failingMs = outcome === 'failed' ? failingMs + options.clock.elapsed() - startedAtMs : 0;
    return outcome;
  };
}

async function report(found: MissedPayment, options: ReportOptions): Promise<ReportOutcome> {
  const verdict = await verdictOf(found, options);
  switch (verdict) {
    case 'not_ours':
      return 'not_ours';
    case 'unknown':
      options.onFailed(found, 'ownership could not be determined');
      return 'failed';
    case 'ours':
      return store(found, options);
  }
}

/** As for callbacks, the reference decides; an order of the Merchant API that has none cannot be asked for. */
async function verdictOf({ provider, paymentId, payment }: MissedPayment, { ownership }: ReportOptions) {
  const order = provider === 'resurs-ecom' ? paymentId : payment.orderReference;
  return order === null ? 'ours' : ownership.isOurs(order, OWNERSHIP_TIMEOUT_MS);
}

async function store(found: MissedPayment, options: ReportOptions): Promise<ReportOutcome> {
  if (options.dryRun) {
    options.onMissed(found, null);
    return 'missed';
  }
  const event = toReconciledEvent(found, options.dedupeWindowMs);
  const result = await options.recorder.record(event, { deliver: true, timeoutMs: RECORD_TIMEOUT_MS });
  if (result.outcome === 'duplicate') return 'reported';
  if (result.outcome === 'recorded') {
    options.onMissed(found, publicId(result.eventId));
    return 'missed';
  }
  options.onFailed(found, notStored(result));
  return 'failed';
}

function notStored(result: Exclude<RecordResult, { readonly outcome: 'recorded' | 'duplicate' }>): string {
  switch (result.outcome) {
    case 'limited':
      return 'the payment has more events in 24 hours than MAX_EVENTS_PER_PAYMENT allows';
    case 'overloaded':
      return 'too many callbacks wait to be stored';
    case 'unavailable':
      return `not stored: ${errorSummary(result.error)}`;
  }
}
