/** Old events that are finished go, though very many that are not, and stay, are older still. */
import { seedHistory } from '../../test/harness/seed-events.ts';
import { type Fault, rounded, unless } from './fault.ts';
import { newestSequence, storeUnfinished } from './seed-backlog.ts';
import { comesTrue, inWorld, startReceivers, type World } from './testbed.ts';

const FULL = { payments: 200_000, finished: 50_000 } as const;
const SHORT = { payments: 4_000, finished: 2_000 } as const;
const RETENTION_DAYS = '400';
const PATIENCE_MS = 180_000;

export const retention: Fault = {
  name: 'retention',
  promise: 'old finished events are forgotten though very many unfinished ones are older, and those are kept',
  happen: (stage) =>
    inWorld(stage, { env: { RETENTION_DAYS } }, async (world) => {
      const { payments, finished } = stage.isShort ? SHORT : FULL;
      const { database, merchant, replicas } = world;
      const unfinished = await storeUnfinished(database, {
        prefix: 'older',
        payments,
        fromDaysAgo: 900,
        toDaysAgo: 700,
      });
      const after = await newestSequence(database);
      const old = { prefix: 'old', count: finished, fromDaysAgo: 690, toDaysAgo: 500, state: 'delivered' } as const;
      await seedHistory(database.connectionString, old);
      await merchant.leave();
      await startReceivers(world);

      const startedAtMs = performance.now();
      await comesTrue(world, async () => (await countAbove(world, after)) === 0, PATIENCE_MS);
      const seconds = rounded((performance.now() - startedAtMs) / 1000);
      const left = await countAbove(world, after);
      const [row] = await database.query<{ kept: number }>(
        'select count(*)::int as kept from outbox join events using (sequence)',
      );
      await Promise.all(replicas.map((replica) => replica.stop()));

      const kept = row?.kept ?? 0;
      return {
        told: `${finished - left} of ${finished} finished events forgotten in ${seconds} s, ${kept} of ${unfinished} unfinished ones kept`,
        figures: { retentionForgotten: finished - left, retentionSeconds: seconds },
        faults: [
          ...unless(left === 0, `${left} finished events are still there`),
          ...unless(kept === unfinished, `${kept} of ${unfinished} unfinished events are kept`),
          ...replicas.flatMap(({ log, crashes }) => [
            ...unless(log.count('housekeeping.failed') === 0, 'housekeeping.failed was logged'),
            ...crashes,
          ]),
        ],
        toll: { lost: unfinished - kept },
      };
    }),
};

async function countAbove({ database }: World, sequence: number): Promise<number> {
  const rows = await database.query<{ count: number }>(
    'select count(*)::int as count from events where sequence > $1',
    [sequence],
  );
  return rows[0]?.count ?? 0;
}
