/**
 * Postgres knows the tables as they were: full of delivered events, with nothing waiting. Then thousands wait at once, and
 * nobody analyzes. A plan that rests on such statistics walks over the history for each claim.
 */
import { seedHistory } from '../../test/harness/seed-events.ts';
import { closeLedger } from './consistency.ts';
import { type Fault, rounded, unless } from './fault.ts';
import { eventsOf, newestSequence, storeUnfinished } from './seed-backlog.ts';
import { comesTrue, inWorld, isDrained, startReceivers } from './testbed.ts';

const FULL = { history: 200_000, payments: 3_200 } as const;
const SHORT = { history: 10_000, payments: 800 } as const;
/** It used to be none in this time. */
const FULL_WITHIN_S = 25;
const PATIENCE_MS = 120_000;

export const staleStatistics: Fault = {
  name: 'stale-statistics',
  promise: 'what waits all at once behind a history of delivered events is delivered, without anybody analyzing',
  happen: (stage) =>
    inWorld(stage, {}, async (world) => {
      const { history, payments } = stage.isShort ? SHORT : FULL;
      const { database, merchant } = world;
      const past = { prefix: 'past', count: history, fromDaysAgo: 300, toDaysAgo: 1, state: 'delivered' } as const;
      await seedHistory(database.connectionString, past);
      const after = await newestSequence(database);
      await startReceivers(world);

      const startedAtMs = performance.now();
      const events = await storeUnfinished(database, { prefix: 'now', payments, fromDaysAgo: 0, toDaysAgo: 0 });
      await comesTrue(world, () => isDrained(world, events), PATIENCE_MS);
      const seconds = rounded(((merchant.lastNewAtMs() ?? performance.now()) - startedAtMs) / 1000);

      const ledger = await closeLedger(world, { after, events });
      const isQuick = stage.isShort || seconds <= FULL_WITHIN_S;
      return {
        told: `${merchant.distinct()} of ${eventsOf(payments)} delivered in ${seconds} s behind ${history} old ones`,
        figures: { staleStatisticsDelivered: merchant.distinct(), staleStatisticsSeconds: seconds },
        faults: [...ledger.faults, ...unless(isQuick, `it took ${seconds} s, not ${FULL_WITHIN_S}`)],
        toll: ledger.toll,
      };
    }),
};
