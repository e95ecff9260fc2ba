/**
 * Very many payments, each with two or three unfinished events. The rescue of expired claims and of blocked deliveries
 * works through them in bounded steps: it does not fail, and deliveries do not wait for it.
 */
import { type Fault, violationUnless } from './fault.ts';
import { seedUnfinished } from './seed-backlog.ts';
import { startReceivers, waitUntilTrue, withTestbed } from './testbed.ts';

/** `delivered`: enough that claims, settlements and unblocking have each run many times. */
const FULL_SIZE = { payments: 300_000, delivered: 60_000, atLeastMs: 30_000 } as const;
const SHORT_SIZE = { payments: 8_000, delivered: 2_000, atLeastMs: 3_000 } as const;
const TIMEOUT_MS = 180_000;
const FAILURES = ['rescue.failed', 'outbox.unreachable'] as const;

export const manyPayments: Fault = {
  name: 'many-payments',
  promise: 'deliveries go on with very many payments that have several unfinished events, and the rescue never fails',
  inject: (context) =>
    withTestbed(context, {}, async (testbed) => {
      const { payments, delivered, atLeastMs } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      const { merchant, replicas } = testbed;
      const events = await seedUnfinished(testbed.database, {
        prefix: 'many',
        payments,
        fromDaysAgo: 20,
        toDaysAgo: 0,
      });
      await startReceivers(testbed);

      const startedAtMs = performance.now();
      const elapsedMs = (): number => performance.now() - startedAtMs;
      const hasDelivered = await waitUntilTrue(
        testbed,
        () => merchant.eventCount() >= delivered && elapsedMs() >= atLeastMs,
        TIMEOUT_MS,
      );
      const perSecond = Math.round((merchant.eventCount() / elapsedMs()) * 1000);
      const failures = FAILURES.flatMap((event) =>
        replicas.flatMap(({ log }) => violationUnless(log.count(event) === 0, `${event} was logged`)),
      );
      await Promise.all(replicas.map((replica) => replica.stop()));
      const crashes = replicas.flatMap((replica) => replica.crashes);

      return {
        summary: `${perSecond} deliveries a second with ${payments} payments and ${events} events; ${failures.length} failures`,
        figures: { manyPaymentsDelivered: merchant.eventCount(), manyPaymentsDeliveredPerSecond: perSecond },
        violations: [
          ...violationUnless(
            hasDelivered,
            `${merchant.eventCount()} delivered after ${Math.round(elapsedMs() / 1000)} s`,
          ),
          ...failures,
          ...merchant.outOfOrder,
          ...crashes,
        ],
        violationCounts: { outOfOrder: merchant.outOfOrder.length },
      };
    }),
};
