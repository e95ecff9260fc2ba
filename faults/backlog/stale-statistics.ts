/**
 * The statistics of Postgres describe tables full of delivered events, with nothing waiting. Then thousands of events
 * wait at once, without an ANALYZE. A plan that relies on such statistics scans the history for each claim.
 */
import { seedHistory } from '../../test/harness/seed-events.ts';
import { checkConsistency } from './consistency.ts';
import { type Fault, roundTo1, violationUnless } from './fault.ts';
import { eventsFor, newestSequence, seedUnfinished } from './seed-backlog.ts';
import { isDrained, startReceivers, waitUntilTrue, withTestbed } from './testbed.ts';

const FULL_SIZE = { history: 200_000, payments: 3_200 } as const;
const SHORT_SIZE = { history: 10_000, payments: 800 } as const;
/** An earlier version delivered nothing in this time. */
const FULL_WITHIN_S = 25;
const TIMEOUT_MS = 120_000;

export const staleStatistics: Fault = {
  name: 'stale-statistics',
  promise: 'many events that become due at once behind a history of delivered events are delivered without an ANALYZE',
  inject: (context) =>
    withTestbed(context, {}, async (testbed) => {
      const { history, payments } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      const { database, merchant } = testbed;
      const past = { prefix: 'past', count: history, fromDaysAgo: 300, toDaysAgo: 1, state: 'delivered' } as const;
      await seedHistory(database.connectionString, past);
      const after = await newestSequence(database);
      await startReceivers(testbed);

      const startedAtMs = performance.now();
      const events = await seedUnfinished(database, { prefix: 'now', payments, fromDaysAgo: 0, toDaysAgo: 0 });
      await waitUntilTrue(testbed, () => isDrained(testbed, events), TIMEOUT_MS);
      const seconds = roundTo1(((merchant.lastNewAtMs() ?? performance.now()) - startedAtMs) / 1000);

      const consistency = await checkConsistency(testbed, { after, events });
      const isFastEnough = context.isShort || seconds <= FULL_WITHIN_S;
      return {
        summary: `${merchant.eventCount()} of ${eventsFor(payments)} delivered in ${seconds} s behind ${history} old ones`,
        figures: { staleStatisticsDelivered: merchant.eventCount(), staleStatisticsSeconds: seconds },
        violations: [
          ...consistency.violations,
          ...violationUnless(isFastEnough, `it took ${seconds} s, not ${FULL_WITHIN_S}`),
        ],
        violationCounts: consistency.violationCounts,
      };
    }),
};
