/**
 * Checks the payments of a page: compares what the search shows with what was reported. Only a payment of which a fact
 * is missing is read by itself, for the snapshot of its event, and judged once more by what that shows. Each payment is
 * judged once a run, because both searches find the same ones.
 */
import type { Fact } from '../events/order-state.ts';
import { paymentOf } from '../payments/ecom-payment.ts';
import type { FailureKind, ResursFailure } from '../resurs/failure.ts';
import type { ListedPayment } from '../resurs/find-payments-parser.ts';
import type { PaymentClient, PaymentResult } from '../resurs/payments.ts';
import { mayBeInUpdates, missedFacts, type ReportedPayment, type ShownPayment } from './ecom-facts.ts';
import type { CheckedAs, PartOptions } from './part.ts';
import { findChanges, findLastFreeze, findReported } from './reported.ts';

type ReadPayment = Extract<ListedPayment, { outcome: 'read' }>;

/** What became of a page. `full`: the run has found or asked as much as it may. */
export type PageCheck =
  | { readonly outcome: 'judged'; readonly checked: ReadonlyMap<ListedPayment, CheckedAs> }
  | { readonly outcome: 'full' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface EcomChecker {
  /** `cutoff`: a payment that changed then, or later, is too young. */
  check(payments: readonly ListedPayment[], cutoff: Date): Promise<PageCheck>;
}

/** Single reads in a run. */
const MAX_READS = 1_000;
/** These are about the account or the connection, so no other payment could be read either. */
const ABOUT_ALL: readonly FailureKind[] = ['credentials', 'unreachable', 'timed_out', 'limited', 'paused'];

/** Creates the checker of one run. `retentionMs`: how long events are kept; 0: for ever. */
export function createEcomChecker(options: PartOptions, client: PaymentClient, retentionMs: number): EcomChecker {
  const { db, onChecked } = options;
  const run: Run = { options, client, retentionMs, reads: 0 };
  const known = new Map<string, CheckedAs>();

  async function checkNew(payments: readonly ListedPayment[], cutoff: Date): Promise<PageCheck | null> {
    const readable = payments.filter((payment) => payment.outcome === 'read');
    const old = readable.filter(({ lastChangeAt }) => lastChangeAt < cutoff);
    const reported = await findReported(
      db,
      old.map(({ paymentId }) => paymentId),
    );
    for (const payment of payments) {
      const result = await checkOne(run, payment, { cutoff, reported });
      if (result.outcome === 'failed') return result;
      known.set(keyOf(payment), result.as);
      onChecked(result.as);
      if (result.as === 'later') return { outcome: 'full' };
    }
    return null;
  }

  return {
    async check(payments, cutoff) {
      const unknown = new Map(payments.map((payment) => [keyOf(payment), payment]));
      const ended = await checkNew(
        [...unknown].filter(([key]) => !known.has(key)).map(([, payment]) => payment),
        cutoff,
      );
      if (ended !== null) return ended;
      const checked = payments.map((payment) => [payment, known.get(keyOf(payment)) ?? 'failed'] as const);
      return { outcome: 'judged', checked: new Map(checked) };
    },
  };
}

/** A run, and how many payments it has read so far. */
interface Run {
  readonly options: PartOptions;
  readonly client: PaymentClient;
  readonly retentionMs: number;
  reads: number;
}

type Checked =
  | { readonly outcome: 'judged'; readonly as: CheckedAs }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

async function checkOne(
  run: Run,
  payment: ListedPayment,
  { cutoff, reported }: { readonly cutoff: Date; readonly reported: ReadonlyMap<string, readonly string[]> },
): Promise<Checked> {
  if (payment.outcome === 'unreadable') return judged('failed');
  if (payment.lastChangeAt >= cutoff) return judged('too_young');
  const facts = reported.get(payment.paymentId) ?? null;
  if (facts === null && isForgotten(payment, run)) return judged('reported');
  const { missed, changes } = await compare(run, payment, { shown: payment, facts });
  if (missed.length === 0) return judged('reported');
  // Other shops of the account may have far more payments than one run may read.
  if ((await run.options.mayBeOurs?.(payment.paymentId)) === false) return judged('not_ours');
  if (run.reads >= MAX_READS) return judged('later');
  run.reads += 1;
  return checkMissed(run, payment, { missed, reported: { facts, changes } });
}

/** Compares, and reads what the payment's UPDATEs say where that matters. */
async function compare(
  { options }: Run,
  { paymentId }: ReadPayment,
  { shown, facts }: { readonly shown: ShownPayment; readonly facts: readonly string[] | null },
): Promise<{ readonly missed: readonly Fact[]; readonly changes: ReadonlySet<string> }> {
  const first = missedFacts(shown, { facts, changes: new Set() });
  if (!mayBeInUpdates(first, facts)) return { missed: first, changes: new Set() };
  const changes = await findChanges(options.db, paymentId);
  return { missed: missedFacts(shown, { facts, changes }), changes };
}

async function checkMissed(
  run: Run,
  payment: ReadPayment,
  { missed, reported }: { readonly missed: readonly Fact[]; readonly reported: ReportedPayment },
): Promise<Checked> {
  const { db, clock, signal, report } = run.options;
  const { paymentId } = payment;
  const readAt = new Date(clock.now());
  const result = await run.client.read(paymentId, signal);
  if (result.outcome !== 'found') return notRead(result);
  const shown = result.payment;
  // Something has happened since the search: its callback may be on the way.
  if (!isEqual(missedFacts(shown, reported), missed)) return judged('too_young');

  // A callback may have come while Resurs was asked.
  const facts = (await findReported(db, [paymentId])).get(paymentId) ?? null;
  const now = await compare(run, payment, { shown, facts });
  if (now.missed.length === 0) return judged('reported');
  const follows = now.missed.includes('unfrozen') ? await findLastFreeze(db, paymentId) : null;
  const found = { missed: { facts: now.missed, actions: [] }, payment: paymentOf(shown, readAt), follows };
  return judged(await report({ provider: 'resurs-ecom', paymentId, ...found }));
}

/** Whether events of the payment may have been stored and removed since: what they reported is not known any more. */
function isForgotten({ bookedAt }: ReadPayment, { options, retentionMs }: Run): boolean {
  return retentionMs > 0 && bookedAt !== null && bookedAt.getTime() < options.clock.now() - retentionMs;
}

/** A payment that Resurs has just listed and does not know is one that could not be read. */
function notRead(result: Exclude<PaymentResult, { outcome: 'found' }>): Checked {
  return result.outcome === 'failed' && ABOUT_ALL.includes(result.failure.kind) ? result : judged('failed');
}

function judged(as: CheckedAs): Checked {
  return { outcome: 'judged', as };
}

function isEqual(one: readonly Fact[], other: readonly Fact[]): boolean {
  return one.join() === other.join();
}

/** An entry without an id is known by its time. */
function keyOf({ paymentId, at }: ListedPayment): string {
  return paymentId === null ? `\u0001${at?.getTime()}` : paymentId;
}
