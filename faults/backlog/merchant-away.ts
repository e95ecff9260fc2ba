/**
 * The merchant's port is closed while thousands of callbacks come, and opens again. Taking callbacks costs no more with a
 * long backlog than with a short one, and the backlog goes as quickly as deliveries can go.
 */

import { closeLedger } from './consistency.ts';
import { type Fault, rounded, unless } from './fault.ts';
import { callbacksOf, type Sent, sendCallbacks } from './send-callbacks.ts';
import { comesTrue, inWorld, isDrained, startReceivers, type World } from './testbed.ts';

const FULL = { warmUp: 1_000, callbacks: 10_000 } as const;
const SHORT = { warmUp: 200, callbacks: 1_000 } as const;
const CONNECTIONS = 16;
/** From the first probe that succeeds. */
const FULL_WITHIN_S = 10;
const LEAST_PACE = 0.9;
/** The next probe may be half a minute away. */
const PATIENCE_MS = 180_000;

export const merchantAway: Fault = {
  name: 'merchant-away',
  promise:
    'callbacks come as quickly into a long backlog as into a short one, and the merchant gets all when it is back',
  happen: (stage) =>
    inWorld(stage, {}, async (world) => {
      const { warmUp, callbacks } = stage.isShort ? SHORT : FULL;
      await startReceivers(world);
      // A process that has just started is slower, which would flatter the pace.
      await sendCallbacks(world, callbacksOf('before', warmUp), { connections: CONNECTIONS });
      await comesTrue(world, () => isDrained(world, warmUp), PATIENCE_MS);

      await world.merchant.leave();
      const sent = await sendCallbacks(world, callbacksOf('away', callbacks), { connections: CONNECTIONS });
      const pace = paceOf(sent);
      const seconds = await drain(world, warmUp + callbacks);

      const ledger = await closeLedger(world, { events: warmUp + callbacks });
      const isQuick = stage.isShort || (seconds <= FULL_WITHIN_S && pace.ratio >= LEAST_PACE);
      return {
        told:
          `${callbacks} callbacks at ${pace.perSecond} a second, the last third at ${pace.ratio} of the first one's ` +
          `pace; delivered ${seconds} s after the first probe that succeeded`,
        figures: { merchantAwayPace: pace.ratio, merchantAwaySeconds: seconds, merchantAwayTriedAgain: sent.refused },
        faults: [
          ...ledger.faults,
          ...unless(isQuick, `${seconds} s, not ${FULL_WITHIN_S}; pace ${pace.ratio}, not ${LEAST_PACE}`),
        ],
        toll: ledger.toll,
      };
    }),
};

/** From the first request that the merchant answers to the last new event, in seconds. */
async function drain(world: World, events: number): Promise<number> {
  const { merchant } = world;
  await merchant.comeBack();
  await comesTrue(world, () => isDrained(world, events), PATIENCE_MS);
  return rounded(((merchant.lastNewAtMs() ?? 0) - (merchant.firstAtMs() ?? 0)) / 1000);
}

/** Callbacks a second, and how the last third compares with the first. */
function paceOf({ answers }: Sent): { readonly perSecond: number; readonly ratio: number } {
  const third = Math.floor(answers.length / 3);
  const [first, last] = [answers.slice(0, third), answers.slice(-third)].map(perSecondOf);
  return { perSecond: Math.round(perSecondOf(answers)), ratio: Math.round(((last ?? 0) / (first ?? 1)) * 100) / 100 };
}

function perSecondOf(answers: Sent['answers']): number {
  return (answers.length / ((answers.at(-1)?.atMs ?? 0) - (answers[0]?.atMs ?? 0))) * 1000;
}
