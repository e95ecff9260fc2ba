/**
 * The merchant is away for a month while two receivers store callbacks: most are seeded by SQL as the service would
 * have stored them, the rest are sent. Then the merchant comes back, and while the backlog is delivered a receiver is
 * killed at a random moment and restarted.
 */

import { between, pick, randomFor } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import { checkConsistency } from './consistency.ts';
import { type Fault, roundTo1 } from './fault.ts';
import { paymentsFor, seedUnfinished } from './seed-backlog.ts';
import { generateCallbacks, sendCallbacks } from './send-callbacks.ts';
import { isDrained, startReceivers, type Testbed, waitUntilTrue, withTestbed } from './testbed.ts';

const FULL_KILLS = 3;
const SHORT_KILLS = 1;
const SHARE_OF_CALLBACKS = 0.1;
/** More would take longer than the rest of the fault. */
const MAX_CALLBACKS = 20_000;
const REPLICAS = 2;
const CONNECTIONS = 16;
/** The share of all events that is delivered when a receiver is killed. */
const KILLED_AT_SHARE = [0.05, 0.8] as const;
const DEAD_MS = [100, 3_000] as const;
/** Enough for a probe that is a minute away, and then for a hundred deliveries per second. */
const TIMEOUT_MS = 120_000;
const TIMEOUT_PER_EVENT_MS = 10;

export const monthAway: Fault = {
  name: 'month-away',
  promise:
    'after a month away the merchant gets every event at least once and in order, also when receivers are killed',
  inject: (context) =>
    withTestbed(context, { replicas: REPLICAS }, async (testbed) => {
      const kills = context.isShort ? SHORT_KILLS : FULL_KILLS;
      const callbacks = Math.round(Math.min(context.monthEvents * SHARE_OF_CALLBACKS, MAX_CALLBACKS));
      const payments = paymentsFor(context.monthEvents - callbacks);
      const { merchant, database } = testbed;
      await merchant.goAway();
      const stored = await seedUnfinished(database, { prefix: 'month', payments, fromDaysAgo: 30, toDaysAgo: 1 });
      await startReceivers(testbed);
      // Half of the callbacks belong to payments that already have unfinished events.
      const halves = [
        generateCallbacks('month', Math.ceil(callbacks / 2)),
        generateCallbacks('today', Math.floor(callbacks / 2)),
      ];
      for (const half of halves) await sendCallbacks(testbed, half, { connections: CONNECTIONS });
      const events = stored + callbacks;
      testbed.print(`  ${events} events wait. The merchant comes back.`);

      await merchant.comeBack();
      await killAtRandom(testbed, { events, kills });
      await waitUntilTrue(testbed, () => isDrained(testbed, events), timeoutMs(events));
      const seconds = ((merchant.lastNewAtMs() ?? 0) - (merchant.firstAtMs() ?? 0)) / 1000;

      const { violations, violationCounts } = await checkConsistency(testbed, { events });
      const perSecond = Math.round(merchant.eventCount() / seconds);
      return {
        summary:
          `${merchant.eventCount()} of ${events} events delivered in ${roundTo1(seconds)} s, ${perSecond} a second; ` +
          `${kills} kills, ${merchant.repeatCount()} repeats, ${violationCounts.outOfOrder} out of order`,
        figures: {
          monthEvents: events,
          monthDelivered: merchant.eventCount(),
          monthRepeats: merchant.repeatCount(),
          kills,
        },
        violations,
        violationCounts,
      };
    }),
};

/** Kills a random receiver each time the merchant has received a randomly chosen share of the events. */
async function killAtRandom(
  testbed: Testbed,
  { events, kills }: { readonly events: number; readonly kills: number },
): Promise<void> {
  const { merchant, seed, signal, replicas } = testbed;
  const random = randomFor(seed, 'backlog', 'kills');
  const shares = Array.from({ length: kills }, () => between(random, KILLED_AT_SHARE)).sort((a, b) => a - b);
  for (const share of shares) {
    await waitUntilTrue(testbed, () => merchant.eventCount() >= share * events, timeoutMs(events));
    const replica = pick(random, replicas);
    await replica?.kill();
    await sleep(between(random, DEAD_MS), signal);
    await replica?.start();
  }
}

function timeoutMs(events: number): number {
  return TIMEOUT_MS + events * TIMEOUT_PER_EVENT_MS;
}
