/**
 * The merchant is away for a month. Two receivers hold what has come meanwhile: the larger part put there by SQL as they would have
 * stored it, the rest through their front doors. Then the merchant is back, and while the backlog goes a receiver is
 * killed at a random moment and started again.
 */

import { sleep } from '../../test/harness/wait.ts';
import { oneOf, randomFor, within } from '../random.ts';
import { closeLedger } from './consistency.ts';
import { type Fault, rounded } from './fault.ts';
import { paymentsOf, storeUnfinished } from './seed-backlog.ts';
import { callbacksOf, sendCallbacks } from './send-callbacks.ts';
import { comesTrue, inWorld, isDrained, startReceivers, type World } from './testbed.ts';

const FULL_KILLS = 3;
const SHORT_KILLS = 1;
const SHARE_OF_CALLBACKS = 0.1;
/** More than that would take longer than the rest. */
const MAX_CALLBACKS = 20_000;
const REPLICAS = 2;
const CONNECTIONS = 16;
/** A share of all events that has been delivered. */
const KILLED_AT = [0.05, 0.8] as const;
const DEAD_MS = [100, 3_000] as const;
/** For a probe that is a minute away, and then for a hundred deliveries a second. */
const PATIENCE_MS = 120_000;
const PATIENCE_AN_EVENT_MS = 10;

export const monthAway: Fault = {
  name: 'month-away',
  promise:
    'after a month away the merchant gets every event at least once and in order, also when receivers are killed',
  happen: (stage) =>
    inWorld(stage, { replicas: REPLICAS }, async (world) => {
      const kills = stage.isShort ? SHORT_KILLS : FULL_KILLS;
      const callbacks = Math.round(Math.min(stage.monthEvents * SHARE_OF_CALLBACKS, MAX_CALLBACKS));
      const payments = paymentsOf(stage.monthEvents - callbacks);
      const { merchant, database } = world;
      await merchant.leave();
      const stored = await storeUnfinished(database, { prefix: 'month', payments, fromDaysAgo: 30, toDaysAgo: 1 });
      await startReceivers(world);
      // Half of them belong to payments that have something unfinished already.
      const ofBoth = [callbacksOf('month', Math.ceil(callbacks / 2)), callbacksOf('today', Math.floor(callbacks / 2))];
      for (const some of ofBoth) await sendCallbacks(world, some, { connections: CONNECTIONS });
      const events = stored + callbacks;
      world.say(`  ${events} events wait. The merchant comes back.`);

      await merchant.comeBack();
      await killAtRandom(world, { events, kills });
      await comesTrue(world, () => isDrained(world, events), timeoutMs(events));
      const seconds = ((merchant.lastNewAtMs() ?? 0) - (merchant.firstAtMs() ?? 0)) / 1000;

      const { faults, toll } = await closeLedger(world, { events });
      const perSecond = Math.round(merchant.distinct() / seconds);
      return {
        told:
          `${merchant.distinct()} of ${events} events delivered in ${rounded(seconds)} s, ${perSecond} a second; ` +
          `${kills} kills, ${merchant.repeats()} came again, ${toll.outOfOrder} out of order`,
        figures: { monthEvents: events, monthDelivered: merchant.distinct(), monthRepeats: merchant.repeats(), kills },
        faults,
        toll,
      };
    }),
};

/** One of them each time, when a share of the events drawn by chance has come. */
async function killAtRandom(
  world: World,
  { events, kills }: { readonly events: number; readonly kills: number },
): Promise<void> {
  const { merchant, seed, signal, replicas } = world;
  const random = randomFor(seed, 'backlog', 'kills');
  const moments = Array.from({ length: kills }, () => within(random, KILLED_AT)).sort((a, b) => a - b);
  for (const moment of moments) {
    await comesTrue(world, () => merchant.distinct() >= moment * events, timeoutMs(events));
    const victim = oneOf(random, replicas);
    await victim?.kill();
    await sleep(within(random, DEAD_MS), signal);
    await victim?.start();
  }
}

function timeoutMs(events: number): number {
  return PATIENCE_MS + events * PATIENCE_AN_EVENT_MS;
}
