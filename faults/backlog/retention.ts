/** Retention prunes old finished events although very many unfinished events are older, and keeps those. */
import { seedHistory } from '../../test/harness/seed-events.ts';
import { type Fault, roundTo1, violationUnless } from './fault.ts';
import { newestSequence, seedUnfinished } from './seed-backlog.ts';
import { startReceivers, type Testbed, waitUntilTrue, withTestbed } from './testbed.ts';

const FULL_SIZE = { payments: 200_000, finished: 50_000 } as const;
const SHORT_SIZE = { payments: 4_000, finished: 2_000 } as const;
const RETENTION_DAYS = '400';
const TIMEOUT_MS = 180_000;

export const retention: Fault = {
  name: 'retention',
  promise: 'old finished events are pruned although very many unfinished ones are older, and those are kept',
  inject: (context) =>
    withTestbed(context, { env: { RETENTION_DAYS } }, async (testbed) => {
      const { payments, finished } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      const { database, merchant, replicas } = testbed;
      const unfinished = await seedUnfinished(database, {
        prefix: 'older',
        payments,
        fromDaysAgo: 900,
        toDaysAgo: 700,
      });
      const after = await newestSequence(database);
      const old = { prefix: 'old', count: finished, fromDaysAgo: 690, toDaysAgo: 500, state: 'delivered' } as const;
      await seedHistory(database.connectionString, old);
      await merchant.goAway();
      await startReceivers(testbed);

      const startedAtMs = performance.now();
      await waitUntilTrue(testbed, async () => (await countAbove(testbed, after)) === 0, TIMEOUT_MS);
      const seconds = roundTo1((performance.now() - startedAtMs) / 1000);
      const left = await countAbove(testbed, after);
      const [row] = await database.query<{ kept: number }>(
        'select count(*)::int as kept from outbox join events using (sequence)',
      );
      await Promise.all(replicas.map((replica) => replica.stop()));

      const kept = row?.kept ?? 0;
      return {
        summary: `${finished - left} of ${finished} finished events pruned in ${seconds} s, ${kept} of ${unfinished} unfinished ones kept`,
        figures: { retentionPruned: finished - left, retentionSeconds: seconds },
        violations: [
          ...violationUnless(left === 0, `${left} finished events are still there`),
          ...violationUnless(kept === unfinished, `${kept} of ${unfinished} unfinished events are kept`),
          ...replicas.flatMap(({ log, crashes }) => [
            ...violationUnless(log.count('housekeeping.failed') === 0, 'housekeeping.failed was logged'),
            ...crashes,
          ]),
        ],
        violationCounts: { lost: unfinished - kept },
      };
    }),
};

async function countAbove({ database }: Testbed, sequence: number): Promise<number> {
  const rows = await database.query<{ count: number }>(
    'select count(*)::int as count from events where sequence > $1',
    [sequence],
  );
  return rows[0]?.count ?? 0;
}
