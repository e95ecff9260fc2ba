/**
 * Very many payments, each with two or three unfinished events. What looks after them (claims that expired, deliveries left
 * blocked) goes over them in bounded steps: it does not fail, and deliveries do not wait for it.
 */
import { type Fault, unless } from './fault.ts';
import { storeUnfinished } from './seed-backlog.ts';
import { comesTrue, inWorld, startReceivers } from './testbed.ts';

/** `delivered`: enough that their claims, settlements and unblocked successors have all been many times. */
const FULL = { payments: 300_000, delivered: 60_000, atLeastMs: 30_000 } as const;
const SHORT = { payments: 8_000, delivered: 2_000, atLeastMs: 3_000 } as const;
const PATIENCE_MS = 180_000;
const FAILURES = ['rescue.failed', 'outbox.unreachable'] as const;

export const manyPayments: Fault = {
  name: 'many-payments',
  promise: 'with very many payments that have several unfinished events deliveries go on, and the rescue never fails',
  happen: (stage) =>
    inWorld(stage, {}, async (world) => {
      const { payments, delivered, atLeastMs } = stage.isShort ? SHORT : FULL;
      const { merchant, replicas } = world;
      const events = await storeUnfinished(world.database, { prefix: 'many', payments, fromDaysAgo: 20, toDaysAgo: 0 });
      await startReceivers(world);

      const startedAtMs = performance.now();
      const lastsMs = (): number => performance.now() - startedAtMs;
      const goesOn = await comesTrue(
        world,
        () => merchant.distinct() >= delivered && lastsMs() >= atLeastMs,
        PATIENCE_MS,
      );
      const perSecond = Math.round((merchant.distinct() / lastsMs()) * 1000);
      const failures = FAILURES.flatMap((event) =>
        replicas.flatMap(({ log }) => unless(log.count(event) === 0, `${event} was logged`)),
      );
      await Promise.all(replicas.map((replica) => replica.stop()));
      const crashes = replicas.flatMap((replica) => replica.crashes);

      return {
        told: `${perSecond} deliveries a second with ${payments} payments and ${events} events; ${failures.length} failures`,
        figures: { manyPaymentsDelivered: merchant.distinct(), manyPaymentsDeliveredPerSecond: perSecond },
        faults: [
          ...unless(goesOn, `${merchant.distinct()} delivered after ${Math.round(lastsMs() / 1000)} s`),
          ...failures,
          ...merchant.outOfOrder,
          ...crashes,
        ],
        toll: { outOfOrder: merchant.outOfOrder.length },
      };
    }),
};
