/**
 * Measures how rates change with a backlog: callbacks in and deliveries out, with a million unfinished deliveries and
 * with none, interleaved. It also times an operator's requests with that backlog and a history of delivered events.
 */
import { seedHistory } from '../../test/harness/seed-events.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { type InterleaveOptions, measureInterleaved, type Variant } from '../interleave.ts';
import { startLoad } from '../load.ts';
import { measureOperatorRequests } from '../operator-requests.ts';
import { roundRatios, summarizeRounds } from '../percentiles.ts';
import type { Run, Scenario } from '../scenario.ts';
import { openTestbed, type Testbed } from '../testbed.ts';
import { type BacklogFigures, backlogLines, backlogVerdicts } from './backlog-report.ts';

const UNFINISHED = 1_000_000;
/** Delivered before that; the scenario `growth` measures a longer history. */
const DELIVERED = 1_500_000;
/** Deliveries of each measurement. */
const DELIVERIES = 10_000;
const WARM_UP_SECONDS = 2;
const NONE = 'none';

export const backlogScenario: Scenario<BacklogFigures> = {
  name: 'backlog',
  summary: 'in, out and the requests of an operator with a million unfinished deliveries',
  measure,
  lines: backlogLines,
  verdicts: backlogVerdicts,
};

/** A database with a number of unfinished deliveries. */
interface Side {
  readonly name: string;
  readonly connectionString: string;
}

async function measure({ settings, report, show }: Run): Promise<BacklogFigures> {
  const testbed = await openTestbed(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const unfinished = Math.min(UNFINISHED, settings.old);
    const delivered = Math.min(DELIVERED, settings.old);
    report(`storing ${delivered} delivered and ${unfinished} unfinished events …`);
    const none: Side = { name: NONE, connectionString: await testbed.createDatabase('backlog_none') };
    const full: Side = { name: `${unfinished}`, connectionString: await testbed.createDatabase('backlog_full') };
    const old = { prefix: 'old', count: delivered, fromDaysAgo: 365, toDaysAgo: 0.5, state: 'delivered' } as const;
    await seedHistory(full.connectionString, old);
    await store(full, 'unfinished', unfinished);

    const options = { rounds: settings.rounds, report, show };
    const receiver = await testbed.startReceiver({ webhookUrl: null, connectionString: full.connectionString });
    const looks = await measureOperatorRequests(receiver.baseUrl, settings.rounds);
    await receiver.stop();
    const out = await measureInterleaved(outboundVariants(testbed, endpoint, [none, full]), options);
    const callbacks = await measureInbound(testbed, [none, full], { ...options, seconds: settings.seconds });
    return { unfinished, delivered, looks, ...compared(full, { out, callbacks }) };
  } finally {
    await endpoint.stop();
    await testbed.stop();
  }
}

function compared(
  { name }: Side,
  { out, callbacks }: Record<'out' | 'callbacks', ReadonlyMap<string, readonly number[]>>,
) {
  const [inFull = [], inNone = []] = [callbacks.get(name), callbacks.get(NONE)];
  const [outFull = [], outNone = []] = [out.get(name), out.get(NONE)];
  return {
    inRatio: roundRatios(inFull, inNone),
    outRatio: roundRatios(outFull, outNone),
    inWithout: summarizeRounds(inNone),
    outWithout: summarizeRounds(outNone),
  };
}

function store({ connectionString }: Side, prefix: string, count: number): Promise<void> {
  return seedHistory(connectionString, { prefix, count, fromDaysAgo: 0.4, toDaysAgo: 0, state: 'waiting' });
}

/** Returns variants that measure DELIVERIES of the backlog, from the first request to the last. */
function outboundVariants(testbed: Testbed, endpoint: Endpoint, sides: readonly Side[]): Variant[] {
  let runs = 0;
  return sides.map((side) => ({
    name: side.name,
    async measure() {
      runs += 1;
      if (side.name === NONE) await store(side, `run-${runs}`, DELIVERIES);
      const counting = endpoint.count(DELIVERIES);
      const receiver = await testbed.startReceiver({
        webhookUrl: endpoint.url,
        connectionString: side.connectionString,
      });
      const { firstAtMs } = await counting;
      const tookMs = performance.timeOrigin + performance.now() - firstAtMs;
      await receiver.stop();
      return (DELIVERIES / tookMs) * 1_000;
    },
  }));
}

async function measureInbound(
  testbed: Testbed,
  sides: readonly Side[],
  options: InterleaveOptions & { readonly seconds: number },
) {
  const load = startLoad();
  try {
    const variants: Variant[] = [];
    for (const { name, connectionString } of sides) {
      const receiver = await testbed.startReceiver({ webhookUrl: null, connectionString });
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });
      const { seconds } = options;
      variants.push({ name, measure: async () => (await load.run({ receivers: [receiver], seconds })).perSecond });
    }
    return await measureInterleaved(variants, options);
  } finally {
    await load.stop();
  }
}
