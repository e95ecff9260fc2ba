/**
 * A lane is what stands in order: the unfinished deliveries of one payment, first ones and replayed ones apart.
 */
import { type RawBuilder, sql } from 'kysely';

/**
 * The select for the `event_id` of a lane's first delivery, looked for below `sequence`. Written so that Postgres can only
 * walk the index over lanes and reads one row: asked with `not exists`, or by equal columns, it may plan one pass over the
 * whole backlog instead, because it cannot know how many rows the one payment has that is stuck.
 */
export function firstInLane(
  paymentKey: RawBuilder<unknown>,
  replayed: RawBuilder<unknown>,
  sequence: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
            select ahead.event_id from deliveries ahead
            where ahead.state in ('pending', 'delivering')
              and (ahead.payment_key, ahead.replayed, ahead.sequence) >= (${paymentKey}, ${replayed}, 0)
              and (ahead.payment_key, ahead.replayed, ahead.sequence) < (${paymentKey}, ${replayed}, ${sequence})
            order by ahead.payment_key, ahead.replayed, ahead.sequence
            limit 1`;
}
