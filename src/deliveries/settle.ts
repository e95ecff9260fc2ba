/**
 * What an attempt leaves behind: one row in `attempts` and the delivery's next state, written together in batches.
 *
 * The fence: a settlement counts only while the delivery still carries the claim's token. One that comes late, after
 * another process took the delivery over, changes nothing and is reported as lost.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptRecord, NextStep } from './attempt.ts';
import type { ClaimedDelivery } from './outbox.ts';

export interface Settlement {
  readonly claim: ClaimedDelivery;
  /** From the claim to the request, in milliseconds. */
  readonly waitedMs: number;
  readonly record: AttemptRecord;
  readonly next: NextStep;
}

/** `lost`: the claim had expired and the delivery is another process's now, or already settled. */
export type Settled = 'settled' | 'lost';

/** Settles the batch in one commit; each claim may be in it once. Answers in the batch's order. */
export async function settleClaims(db: Database, batch: readonly Settlement[]): Promise<Settled[]> {
  const rows = await db.run(
    sql<{ readonly eventId: string }>`
      with input as materialized (
        select * from ${unnested(batch)} order by event_id
      ), settled as (
        update deliveries d
        set state = i.state, tries_used = i.tries_used, abandoned_in_row = i.abandoned_in_row,
            next_attempt_at = case when i.state = 'pending' then now() + i.wait_ms * interval '1 ms' end,
            delivered_at = case when i.state = 'delivered' then now() end,
            claim_token = null, claimed_at = null, claimed_until = null
        from input i join deliveries before on before.event_id = i.event_id and before.claim_token = i.token
        where d.event_id = i.event_id and d.claim_token = i.token
        returning d.event_id, before.claimed_at
      ), noted as (
        insert into attempts (event_id, number, started_at, duration_ms, outcome, status, error, answer)
        select i.event_id, i.number, s.claimed_at + i.waited_ms * interval '1 ms', i.duration_ms, i.outcome, i.status, i.error, i.answer
        from settled s join input i using (event_id)
      )
      select event_id as "eventId" from settled`.compile(db.kysely),
  );
  const settled = new Set(rows.map((row) => row.eventId));
  return batch.map(({ claim }) => (settled.has(claim.eventId) ? 'settled' : 'lost'));
}

function unnested(batch: readonly Settlement[]) {
  const column = <T>(pick: (settlement: Settlement) => T): T[] => batch.map(pick);
  return sql`unnest(
      ${column((s) => s.claim.eventId)}::uuid[], ${column((s) => s.claim.token)}::uuid[],
      ${column((s) => s.claim.attempt)}::int[],
      ${column((s) => Math.max(0, s.waitedMs))}::float8[], ${column((s) => s.next.state)}::text[],
      ${column((s) => (s.next.state === 'pending' ? s.next.waitMs : null))}::float8[],
      ${column((s) => s.next.triesUsed)}::int[], ${column((s) => s.next.abandonedInRow)}::int[],
      ${column((s) => Math.max(0, Math.round(s.record.durationMs)))}::int[],
      ${column((s) => s.record.outcome)}::text[], ${column((s) => s.record.status)}::int[],
      ${column((s) => s.record.error)}::text[], ${column((s) => s.record.answer)}::text[]
    ) as t(event_id, token, number, waited_ms, state, wait_ms, tries_used, abandoned_in_row,
           duration_ms, outcome, status, error, answer)`;
}
