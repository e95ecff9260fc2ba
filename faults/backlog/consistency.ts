/**
 * What Postgres holds against what the merchant saw, when a backlog is said to be gone: nothing unfinished, nothing stored
 * that nobody made, each event at the merchant at least once, and in order.
 */
import { ATTEMPTS } from '../../test/helpers/delivery-states.ts';
import { stopAll } from '../replica.ts';
import type { Toll } from '../report.ts';
import { unless } from './fault.ts';
import type { World } from './testbed.ts';

const PAGE = 50_000;

export interface Expected {
  /** Only events above this are the fault's; what is below came before. */
  readonly after?: number;
  /** How many there must be. */
  readonly events: number;
}

export interface Ledger {
  readonly faults: readonly string[];
  readonly toll: Partial<Toll>;
}

/** Stops the receivers, then reads. */
export async function closeLedger(world: World, { after = 0, events }: Expected): Promise<Ledger> {
  const crashes = await stopAll(world.replicas);
  const { database, merchant } = world;
  const [row] = await database.query<{ stored: number; open: number; dead: number; wrong: number }>(
    `select (select count(*)::int from events where sequence > $1) as stored, (select count(*)::int from outbox) as open,
            (select count(*)::int from dead_letters) as dead,
            (select count(*)::int from (
               select from ${ATTEMPTS} a where sequence > $1 and outcome = 'accepted' group by sequence having count(*) > 1
             ) twice) as wrong`,
    [after],
  );
  const { stored = 0, open = 0, dead = 0, wrong = 0 } = row ?? {};
  const unseen = await unseenOf(world, after);
  const invented = Math.max(0, merchant.distinct() - stored);
  const lost = Math.max(0, events - stored) + unseen;
  const { outOfOrder } = merchant;
  return {
    faults: [
      ...unless(stored === events, `${stored} events are stored, ${events} were made`),
      ...unless(open === 0, `${open} deliveries are unfinished`),
      ...unless(dead === 0, `${dead} deliveries are dead letters`),
      ...unless(wrong === 0, `${wrong} deliveries were accepted twice by the books`),
      ...unless(unseen === 0, `${unseen} delivered events never reached the merchant`),
      ...unless(invented === 0, `the merchant saw ${invented} events that are not stored`),
      ...outOfOrder,
      ...crashes,
    ],
    toll: {
      lost,
      invented,
      storedTwice: Math.max(0, stored - events),
      outOfOrder: outOfOrder.length,
      stuck: open + dead,
    },
  };
}

/** How many deliveries are written down as delivered that the merchant never saw. */
async function unseenOf({ database, merchant }: World, after: number): Promise<number> {
  let unseen = 0;
  let last = after;
  for (;;) {
    const rows = await database.query<{ sequence: number }>(
      `select sequence::int from deliveries where sequence > $1 and state = 'delivered' order by sequence limit ${PAGE}`,
      [last],
    );
    unseen += rows.filter(({ sequence }) => !merchant.hasSeen(sequence)).length;
    if (rows.length < PAGE) return unseen;
    last = rows.at(-1)?.sequence ?? last;
  }
}
