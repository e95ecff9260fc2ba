/**
 * Replay: an operator's wish to deliver again what is delivered or dead. A replayed delivery starts a fresh schedule, keeps
 * its attempts and the number they count from, and stands in a lane of its own, where it holds back no new event.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { againAfterConflict } from '../db/group.ts';
import { giveTurn } from './enqueue.ts';

/** `unfinished`: it is pending or delivering already. `undeliverable`: the event is never passed on. `absent`: no event. */
export type Replayed = 'replayed' | 'unfinished' | 'undeliverable' | 'absent';

/** Puts one finished delivery back; see the file's promise. Call the dispatcher after it. */
export async function replayDelivery(db: Database, eventId: string): Promise<Replayed> {
  const rows = await db.run(
    sql<{ readonly replayed: boolean; readonly hasDelivery: boolean }>`
      with replayed as (
        update deliveries set ${FRESH}
        where event_id = ${eventId} and state in ('delivered', 'dead_letter')
        returning event_id
      )
      select r.event_id is not null as replayed, d.event_id is not null as "hasDelivery"
      from events e left join deliveries d on d.event_id = e.id left join replayed r on r.event_id = e.id
      where e.id = ${eventId}`.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) return 'absent';
  if (!row.hasDelivery) return 'undeliverable';
  if (!row.replayed) return 'unfinished';
  await giveTurn(db, [eventId]);
  return 'replayed';
}

const FRESH = sql`state = 'pending', replayed = true, tries_used = 0, abandoned_in_row = 0, delivered_at = null`;

/** Which finished deliveries to replay; what is left out does not limit. */
export interface ReplayFilter {
  /** Both finished states when left out. */
  readonly state?: 'delivered' | 'dead_letter';
  /** The event's type, as payment.unfrozen. */
  readonly type?: string;
  readonly paymentId?: string;
  /** On the time of receipt; inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

/** Small enough for a statement to stay far below its time-out, and for claims to go on beside it. */
const BATCH = 500;

/** How many deliveries a replay with this filter would put back now. */
export async function countReplayable(db: Database, filter: ReplayFilter): Promise<number> {
  const rows = await db.run(
    sql<{ readonly count: number }>`
      select count(*) as count from deliveries d join events e on e.id = d.event_id
      where ${conditionOf(filter)}`.compile(db.kysely),
  );
  return rows[0]?.count ?? 0;
}

/**
 * Puts back every finished delivery that matches and was stored before this call, in batches; unfinished ones are never
 * touched. Resolves with their number. When it fails half-way, what was put back stays so; calling again goes on.
 */
export async function replayMatching(db: Database, filter: ReplayFilter): Promise<number> {
  const [newest] = await db.run(
    sql<{ readonly sequence: number | null }>`select max(sequence) as sequence from events`.compile(db.kysely),
  );
  const upTo = newest?.sequence ?? 0;
  let after = 0;
  let count = 0;
  for (;;) {
    const batch = await againAfterConflict(() => replayBatch(db, filter, { after, upTo }));
    const last = batch.at(-1);
    if (last === undefined) return count;
    const eventIds = batch.map((one) => one.eventId);
    await againAfterConflict(() => giveTurn(db, eventIds));
    count += batch.length;
    after = last.sequence;
  }
}

async function replayBatch(db: Database, filter: ReplayFilter, { after, upTo }: { after: number; upTo: number }) {
  return db.run(
    sql<{ readonly eventId: string; readonly sequence: number }>`
      with chosen as (
        select d.event_id from deliveries d join events e on e.id = d.event_id
        where ${conditionOf(filter)} and d.sequence > ${after} and d.sequence <= ${upTo}
        order by d.sequence limit ${BATCH}
        for update of d
      ), replayed as (
        update deliveries d set ${FRESH} from chosen c where d.event_id = c.event_id
        returning d.event_id, d.sequence
      )
      select event_id as "eventId", sequence from replayed order by sequence`.compile(db.kysely),
  );
}

function conditionOf({ state, type, paymentId, from, to }: ReplayFilter): RawBuilder<unknown> {
  const conditions = [state === undefined ? sql`d.state in ('delivered', 'dead_letter')` : sql`d.state = ${state}`];
  if (type !== undefined) conditions.push(sql`e.type = ${type}`);
  if (paymentId !== undefined) conditions.push(sql`d.payment_key = ${paymentId}`);
  if (from !== undefined) conditions.push(sql`e.received_at >= ${from}`);
  if (to !== undefined) conditions.push(sql`e.received_at < ${to}`);
  return sql.join(conditions, sql` and `);
}
