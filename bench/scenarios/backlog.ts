/**
 * Measures how rates change with a backlog: callbacks in and deliveries out, with a million unfinished deliveries and
 * with none, interleaved. It also times an operator's requests with that backlog and --old delivered events.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { measureInterleaved, type Variant } from '../interleave.ts';
import { startLoad } from '../load.ts';
import { type Percentiles, percentiles, type Rounds, roundRatios, summarizeRounds } from '../percentiles.ts';
import { formatMs, formatRate, type Run, ratioVerdict, type Scenario } from '../scenario.ts';
import { openTestbed, STATUS_TOKEN, type Testbed } from '../testbed.ts';

const UNFINISHED = 1_000_000;
/** Deliveries of each measurement. */
const DELIVERIES = 10_000;
const WARM_UP_SECONDS = 2;
const PROBES_A_ROUND = 10;
const RATIO_AIM = 0.9;
const PROBE_AIM_MS = 50;
const NONE = 'none';

/** Name, method, path and body of each operator request. */
const PROBES = [
  ['GET /status', 'GET', '/status', null],
  ['GET /metrics', 'GET', '/metrics', null],
  ['dryRun, dead letters', 'POST', '/replays', { state: 'dead_letter', dryRun: true }],
  ['dryRun, delivered', 'POST', '/replays', { state: 'delivered', dryRun: true }],
  ['dryRun, a time range', 'POST', '/replays', { from: '2020-01-01', dryRun: true }],
] as const;

export interface BacklogFigures {
  readonly unfinished: number;
  readonly delivered: number;
  /** Divided by the same without a backlog. */
  readonly inRatio: Rounds;
  readonly outRatio: Rounds;
  readonly inWithout: Rounds;
  readonly outWithout: Rounds;
  /** Milliseconds, by the request's name. */
  readonly looks: Readonly<Record<string, Percentiles>>;
}

export const backlogScenario: Scenario<BacklogFigures> = {
  name: 'backlog',
  summary: 'in, out and the requests of an operator with a million unfinished deliveries',
  measure,
  lines,
  verdicts,
};

/** A database with a number of unfinished deliveries. */
interface Side {
  readonly name: string;
  readonly connectionString: string;
}

async function measure({ settings, report }: Run): Promise<BacklogFigures> {
  const testbed = await openTestbed(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const unfinished = Math.min(UNFINISHED, settings.old);
    report(`storing ${settings.old} delivered and ${unfinished} unfinished events …`);
    const none: Side = { name: NONE, connectionString: await testbed.createDatabase('backlog_none') };
    const full: Side = { name: `${unfinished}`, connectionString: await testbed.createDatabase('backlog_full') };
    const old = { prefix: 'old', count: settings.old, fromDaysAgo: 365, toDaysAgo: 0.5, state: 'delivered' } as const;
    await seedHistory(full.connectionString, old);
    await store(full, 'unfinished', unfinished);

    const options = { rounds: settings.rounds, report };
    const looks = await measureProbes(testbed, full, settings.rounds);
    const out = await measureInterleaved(outboundVariants(testbed, endpoint, [none, full]), options);
    const callbacks = await measureInbound(testbed, [none, full], { ...options, seconds: settings.seconds });
    return { unfinished, delivered: settings.old, looks, ...compared(full, { out, callbacks }) };
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
  options: { rounds: number; seconds: number; report(line: string): void },
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

async function measureProbes(
  testbed: Testbed,
  { connectionString }: Side,
  rounds: number,
): Promise<Record<string, Percentiles>> {
  const receiver = await testbed.startReceiver({ webhookUrl: null, connectionString });
  const samples: Record<string, number[]> = {};
  for (let round = 0; round < PROBES_A_ROUND * rounds; round += 1) {
    for (const [name, method, path, body] of PROBES) {
      const tookMs = await timeOf(`${receiver.baseUrl}${path}`, method, body);
      // The first request prepares its statements.
      if (round > 0) samples[name] = [...(samples[name] ?? []), tookMs];
    }
  }
  await receiver.stop();
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, percentiles(all)]));
}

async function timeOf(url: string, method: string, body: object | null): Promise<number> {
  const startedAtMs = performance.now();
  const headers = { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} returned ${response.status}: ${text}`);
  return performance.now() - startedAtMs;
}

function lines({ unfinished, delivered, looks }: BacklogFigures): string[] {
  return formatTable(
    [`With ${unfinished} unfinished, ${delivered} delivered`, 'Median', 'p99', 'Max'],
    Object.entries(looks).map(([name, { median, p99, max }]) => [name, formatMs(median), formatMs(p99), formatMs(max)]),
  );
}

function verdicts(figures: BacklogFigures) {
  const { unfinished, inRatio, outRatio, inWithout, outWithout, looks } = figures;
  return [
    ratioVerdict(`in, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: inRatio,
      peer: `none ${formatRate(inWithout)}`,
    }),
    ratioVerdict(`out, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: outRatio,
      peer: `none ${formatRate(outWithout)}`,
    }),
    ...Object.entries(looks).map(([name, { median }]) => ({
      figure: `${name}, median`,
      ours: formatMs(median),
      peers: '',
      aim: `≤ ${PROBE_AIM_MS} ms`,
      met: median <= PROBE_AIM_MS,
    })),
  ];
}
