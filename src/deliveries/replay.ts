/**
 * Replay: an operator's wish to deliver again what is delivered or dead. A replayed delivery starts a fresh schedule, keeps
 * its attempts and the number they count from, and stands in a lane of its own, where it holds back no new event.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
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
