/**
 * The merchant's port is closed while thousands of callbacks arrive, and opens again. Storing a callback costs no more
 * with a long backlog than with a short one, and the backlog is delivered at full speed.
 */
import { checkConsistency } from './consistency.ts';
import { type Fault, roundTo1, violationUnless } from './fault.ts';
import { generateCallbacks, type SendResult, sendCallbacks } from './send-callbacks.ts';
import { isDrained, startReceivers, type Testbed, waitUntilTrue, withTestbed } from './testbed.ts';

const FULL_SIZE = { warmUp: 1_000, callbacks: 10_000 } as const;
const SHORT_SIZE = { warmUp: 200, callbacks: 1_000 } as const;
const CONNECTIONS = 16;
/** Limit for delivering everything, from the first successful probe. */
const FULL_WITHIN_S = 10;
const MIN_PACE = 0.9;
/** The next probe may be half a minute away. */
const TIMEOUT_MS = 180_000;

export const merchantAway: Fault = {
  name: 'merchant-away',
  promise: 'a long backlog does not slow down callbacks, and the merchant gets everything when it is back',
  inject: (context) =>
    withTestbed(context, {}, async (testbed) => {
      const { warmUp, callbacks } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      await startReceivers(testbed);
      // A process that has just started is slower, which would make the ratio look better.
      await sendCallbacks(testbed, generateCallbacks('before', warmUp), { connections: CONNECTIONS });
      await waitUntilTrue(testbed, () => isDrained(testbed, warmUp), TIMEOUT_MS);

      await testbed.merchant.goAway();
      const sent = await sendCallbacks(testbed, generateCallbacks('away', callbacks), { connections: CONNECTIONS });
      const pace = computePace(sent);
      const seconds = await drain(testbed, warmUp + callbacks);

      const consistency = await checkConsistency(testbed, { events: warmUp + callbacks });
      const isFastEnough = context.isShort || (seconds <= FULL_WITHIN_S && pace.ratio >= MIN_PACE);
      return {
        summary:
          `${callbacks} callbacks at ${pace.perSecond} a second, the last third at ${pace.ratio} of the pace of the first; ` +
          `delivered ${seconds} s after the first successful probe`,
        figures: { merchantAwayPace: pace.ratio, merchantAwaySeconds: seconds, merchantAwayTriedAgain: sent.refused },
        violations: [
          ...consistency.violations,
          ...violationUnless(isFastEnough, `${seconds} s, not ${FULL_WITHIN_S}; pace ${pace.ratio}, not ${MIN_PACE}`),
        ],
        violationCounts: consistency.violationCounts,
      };
    }),
};

/** Measures the time from the first request that the merchant accepts to the last new event, in seconds. */
async function drain(testbed: Testbed, events: number): Promise<number> {
  const { merchant } = testbed;
  await merchant.comeBack();
  await waitUntilTrue(testbed, () => isDrained(testbed, events), TIMEOUT_MS);
  return roundTo1(((merchant.lastNewAtMs() ?? 0) - (merchant.firstAtMs() ?? 0)) / 1000);
}

/** Computes callbacks per second, and the ratio of the last third's pace to the first one's. */
function computePace({ accepted }: SendResult): { readonly perSecond: number; readonly ratio: number } {
  const third = Math.floor(accepted.length / 3);
  const [first, last] = [accepted.slice(0, third), accepted.slice(-third)].map(perSecondOf);
  return { perSecond: Math.round(perSecondOf(accepted)), ratio: Math.round(((last ?? 0) / (first ?? 1)) * 100) / 100 };
}

function perSecondOf(accepted: SendResult['accepted']): number {
  return (accepted.length / ((accepted.at(-1)?.atMs ?? 0) - (accepted[0]?.atMs ?? 0))) * 1000;
}
