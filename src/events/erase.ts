/**
 * Erases the content of a payment's events, for a request of a customer: bodies, parameters, snapshots, and what the
 * merchant answered. Types, times, ids, results, and what was missed stay.
 *
 * An event is erased in one commit with what belongs to it, and only when its delivery is finished. Events are stored,
 * replayed and erased under the lock of their payment, so a replay happens before or after an erasure. The rows of
 * finished deliveries are locked as well, because a statement that waited for the payment's lock sees the rows as they
 * were before. Events that are stored meanwhile are no part of it: within a payment they have higher numbers. A batch that
 * fails leaves the others erased; a second call goes on. Each batch records the operator's action in its own commit, so
 * nothing is erased without one.
 */
import { sql } from 'kysely';
import { retryOnConflict } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import type { KnownPayment } from './payment-lookup.ts';

/** How it ended. `events`: how many had content. `unfinished`: a delivery of the payment may still need it. */
export type EraseResult =
  | { readonly outcome: 'erased'; readonly events: number }
  | { readonly outcome: 'absent' | 'unfinished' };

/** A statement over so many events with a few attempts each stays far below its timeout. */
const BATCH_SIZE = 200;
const BATCH_LIMIT = sql.lit(BATCH_SIZE);

/** Erases all events of the payment that are stored now, in batches. `erasedBy` says who asked. */
export async function erasePayment(db: Database, payment: KnownPayment, erasedBy: string): Promise<EraseResult> {
  const { paymentId } = payment;
  const { newest, isUnfinished } = await lookAt(db, paymentId);
  if (newest === null) return { outcome: 'absent' };
  if (isUnfinished) return { outcome: 'unfinished' };
  let [after, events] = [0, 0];
  let id: number | null = null;
  for (;;) {
    const erasure: Erasure = { ...payment, erasedBy, id };
    const range = { after, until: newest };
    const step: EraseStep = await retryOnConflict(() => eraseBatch(db, erasure, range));
    id ??= step.erasureId;
    events += step.erased;
    // One of them was replayed since.
    if (step.finished < step.scanned) return { outcome: 'unfinished' };
    if (step.last === null) return { outcome: 'erased', events };
    after = step.last;
  }
}

interface Look {
  /** The number of the newest event; null when none is stored. */
  readonly newest: number | null;
  readonly isUnfinished: boolean;
}

async function lookAt(db: Database, paymentId: string): Promise<Look> {
  const [look] = await db.run(
    sql<Look>`
      select (
        select sequence from events where payment_key = ${paymentId}
        order by payment_key desc, sequence desc limit 1
      ) as newest, (select true from outbox where payment_key = ${paymentId} limit 1) is not null as "isUnfinished"`.compile(
      db.kysely,
    ),
  );
  return look ?? { newest: null, isUnfinished: false };
}

interface Erasure extends KnownPayment {
  readonly erasedBy: string;
  /** Its row in `erasures`; null: nothing has been erased yet. */
  readonly id: number | null;
}

interface EraseStep {
  readonly scanned: number;
  /** Those of the scanned events whose deliveries are finished, or that have none. */
  readonly finished: number;
  /** Those of them that had content. */
  readonly erased: number;
  readonly erasureId: number | null;
  /** Where to go on; null at the end. */
  readonly last: number | null;
}

async function eraseBatch(db: Database, erasure: Erasure, span: Span): Promise<EraseStep> {
  const [step] = await db.run(
    sql<EraseStep>`
      with ${lockedBatch(erasure, span)}, ${CLEARED}, ${recordOf(erasure)}
      select (select count(*)::int from batch) as scanned, (select count(*)::int from finished) as finished,
             (select count from erased) as erased, (select id from noted) as "erasureId",
             (select sequence from batch order by sequence offset ${sql.lit(BATCH_SIZE - 1)}) as last`.compile(
      db.kysely,
    ),
  );
  if (step === undefined) throw new Error('a select without a table gives one row');
  return step;
}

/** Sequences: those above `after`, up to and with `until`. */
interface Span {
  readonly after: number;
  readonly until: number;
}

/**
 * `batch`: the next events, under the lock of their payment. `delivered`: those with a finished delivery, whose rows are
 * locked. `finished`: these, and those without a delivery.
 */
function lockedBatch({ paymentId }: Erasure, { after, until }: Span) {
  return sql`
      batch as materialized (
        select sequence from events
        where (select pg_advisory_xact_lock(hashtextextended(${paymentId}, 0))) is not null
          and (payment_key, sequence) > (${paymentId}, ${after}::bigint)
          and (payment_key, sequence) <= (${paymentId}, ${until}::bigint)
        order by payment_key, sequence limit ${BATCH_LIMIT}
      ), delivered as materialized (
        select d.sequence from batch b cross join lateral (
          select sequence from deliveries where sequence = b.sequence offset 0 for no key update
        ) d
      ), finished as materialized (
        select sequence from delivered
        union all
        select sequence from batch b
        where (select true from deliveries d where d.sequence = b.sequence) is null
          and (select true from outbox o where o.sequence = b.sequence) is null
      )`;
}

/** Clears the content of finished events, and what the merchant answered. `erased`: how many of them had any. */
const CLEARED = sql`
      emptied as (
        update events
        set body = null, parameters = '{}', snapshot = null, erased_at = date_trunc('milliseconds', clock_timestamp())
        where sequence = any (array(select sequence from finished)) and erased_at is null
        returning sequence
      ), forgotten as (
        update deliveries set first_answer = null
        where sequence = any (array(select sequence from delivered)) and first_answer is not null
        returning sequence
      ), forgotten_later as (
        update attempts set answer = null
        where sequence = any (array(select sequence from delivered)) and answer is not null
        returning sequence
      ), erased as materialized (
        select count(*)::int as count from (
          select sequence from emptied union select sequence from forgotten union select sequence from forgotten_later
        ) e
      )`;

/** Records the batch: in the row of its erasure, which the first batch that erased something inserts, and as an action. */
function recordOf({ paymentId, provider, erasedBy, id }: Erasure) {
  return sql`
      noted as (
        insert into erasures (payment_id, provider, events, erased_by)
        select ${paymentId}, ${provider}, count, ${erasedBy} from erased where count > 0 and ${id}::bigint is null
        returning id
      ), noted_more as (
        update erasures set events = events + (select count from erased)
        where id = ${id}::bigint and (select count from erased) > 0
      ), acted as (
        insert into actions (action, operator, detail)
        select 'payment.erased', ${erasedBy},
               json_build_object('paymentId', ${paymentId}::text, 'provider', ${provider}::text, 'events', count)
        from erased where count > 0
      )`;
}
