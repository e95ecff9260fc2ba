/**
 * Compares what Postgres stores with what the merchant received once a backlog is delivered: nothing unfinished, only
 * the expected events, each one at the merchant at least once, and in order.
 */
import { ATTEMPTS } from '../../test/helpers/delivery-states.ts';
import { stopAll } from '../replica.ts';
import type { ViolationCounts } from '../report.ts';
import { violationUnless } from './fault.ts';
import type { Testbed } from './testbed.ts';

const PAGE = 50_000;

export interface Expected {
  /** Only events with a higher sequence belong to the fault. */
  readonly after?: number;
  /** Expected number of events. */
  readonly events: number;
}

export interface ConsistencyResult {
  readonly violations: readonly string[];
  readonly violationCounts: Partial<ViolationCounts>;
}

/** Stops the receivers, then compares. */
export async function checkConsistency(testbed: Testbed, { after = 0, events }: Expected): Promise<ConsistencyResult> {
  const crashes = await stopAll(testbed.replicas);
  const { database, merchant } = testbed;
  const [row] = await database.query<{ stored: number; open: number; dead: number; wrong: number }>(
    `select (select count(*)::int from events where sequence > $1) as stored, (select count(*)::int from outbox) as open,
            (select count(*)::int from dead_letters) as dead,
            (select count(*)::int from (
               select from ${ATTEMPTS} a where sequence > $1 and outcome = 'accepted' group by sequence having count(*) > 1
             ) twice) as wrong`,
    [after],
  );
  const { stored = 0, open = 0, dead = 0, wrong = 0 } = row ?? {};
  const undelivered = await countUndelivered(testbed, after);
  const invented = Math.max(0, merchant.eventCount() - stored);
  const lost = Math.max(0, events - stored) + undelivered;
  const { outOfOrder } = merchant;
  return {
    violations: [
      ...violationUnless(stored === events, `${stored} events are stored, ${events} were expected`),
      ...violationUnless(open === 0, `${open} deliveries are unfinished`),
      ...violationUnless(dead === 0, `${dead} deliveries are dead letters`),
      ...violationUnless(wrong === 0, `${wrong} deliveries have two accepted attempts`),
      ...violationUnless(undelivered === 0, `${undelivered} delivered events never reached the merchant`),
      ...violationUnless(invented === 0, `the merchant received ${invented} events that are not stored`),
      ...outOfOrder,
      ...crashes,
    ],
    violationCounts: {
      lost,
      invented,
      storedTwice: Math.max(0, stored - events),
      outOfOrder: outOfOrder.length,
      stuck: open + dead,
    },
  };
}

/** Counts deliveries recorded as delivered that the merchant never received. */
async function countUndelivered({ database, merchant }: Testbed, after: number): Promise<number> {
  let undelivered = 0;
  let last = after;
  for (;;) {
    const rows = await database.query<{ sequence: number }>(
      `select sequence::int from deliveries where sequence > $1 and state = 'delivered' order by sequence limit ${PAGE}`,
      [last],
    );
    undelivered += rows.filter(({ sequence }) => !merchant.hasSeen(sequence)).length;
    if (rows.length < PAGE) return undelivered;
    last = rows.at(-1)?.sequence ?? last;
  }
}
