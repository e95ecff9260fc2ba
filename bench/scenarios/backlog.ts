/**
 * Flat as a backlog grows: both ways with a million unfinished deliveries beside none, in turn; and how long an operator's
 * looks take with that backlog and --old delivered events.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { type Endpoint, startEndpoint } from '../endpoint.ts';
import { type Arm, measureInTurn } from '../interleave.ts';
import { startLoad } from '../load.ts';
import { type Rounds, ratiosOf, roundsOf, type Spread, spreadOf } from '../percentiles.ts';
import { msText, type Run, rateText, ratioVerdict, type Scenario } from '../scenario.ts';
import { type Bench, openBench, STATUS_TOKEN } from '../testbed.ts';

const UNFINISHED = 1_000_000;
/** Of each draining. */
const DELIVERIES = 10_000;
const WARM_UP_SECONDS = 2;
const LOOKS_A_ROUND = 10;
const RATIO_AIM = 0.9;
const LOOK_AIM_MS = 50;
const NONE = 'none';

/** Name, method, path and body of each look. */
const LOOKS = [
  ['GET /status', 'GET', '/status', null],
  ['GET /metrics', 'GET', '/metrics', null],
  ['dryRun, dead letters', 'POST', '/replays', { state: 'dead_letter', dryRun: true }],
  ['dryRun, delivered', 'POST', '/replays', { state: 'delivered', dryRun: true }],
  ['dryRun, a span of time', 'POST', '/replays', { from: '2020-01-01', dryRun: true }],
] as const;

export interface BacklogFigures {
  readonly unfinished: number;
  readonly delivered: number;
  /** Against the same without a backlog. */
  readonly inRatio: Rounds;
  readonly outRatio: Rounds;
  readonly inWithout: Rounds;
  readonly outWithout: Rounds;
  /** Milliseconds, by the look's name. */
  readonly looks: Readonly<Record<string, Spread>>;
}

export const backlogScenario: Scenario<BacklogFigures> = {
  name: 'backlog',
  summary: 'both ways, and the looks of an operator, with a million unfinished deliveries',
  measure,
  lines,
  verdicts,
};

/** A database with so many unfinished deliveries. */
interface Side {
  readonly name: string;
  readonly connectionString: string;
}

async function measure({ settings, report }: Run): Promise<BacklogFigures> {
  const bench = await openBench(settings.profile);
  const endpoint = await startEndpoint();
  try {
    const unfinished = Math.min(UNFINISHED, settings.old);
    report(`storing ${settings.old} delivered and ${unfinished} unfinished events …`);
    const none: Side = { name: NONE, connectionString: await bench.createDatabase('backlog_none') };
    const full: Side = { name: `${unfinished}`, connectionString: await bench.createDatabase('backlog_full') };
    const old = { prefix: 'old', count: settings.old, fromDaysAgo: 365, toDaysAgo: 0.5, state: 'delivered' } as const;
    await seedHistory(full.connectionString, old);
    await store(full, 'held', unfinished);

    const options = { rounds: settings.rounds, report };
    const looks = await measureLooks(bench, full, settings.rounds);
    const out = await measureInTurn(outArms(bench, endpoint, [none, full]), options);
    const callbacks = await measureIn(bench, [none, full], { ...options, seconds: settings.seconds });
    return { unfinished, delivered: settings.old, looks, ...compared(full, { out, callbacks }) };
  } finally {
    await endpoint.stop();
    await bench.stop();
  }
}

function compared(
  { name }: Side,
  { out, callbacks }: Record<'out' | 'callbacks', ReadonlyMap<string, readonly number[]>>,
) {
  const [inFull = [], inNone = []] = [callbacks.get(name), callbacks.get(NONE)];
  const [outFull = [], outNone = []] = [out.get(name), out.get(NONE)];
  return {
    inRatio: ratiosOf(inFull, inNone),
    outRatio: ratiosOf(outFull, outNone),
    inWithout: roundsOf(inNone),
    outWithout: roundsOf(outNone),
  };
}

function store({ connectionString }: Side, prefix: string, count: number): Promise<void> {
  return seedHistory(connectionString, { prefix, count, fromDaysAgo: 0.4, toDaysAgo: 0, state: 'waiting' });
}

/** So many deliveries of what waits, from the first request to the last. */
function outArms(bench: Bench, endpoint: Endpoint, sides: readonly Side[]): Arm[] {
  let runs = 0;
  return sides.map((side) => ({
    name: side.name,
    async measure() {
      runs += 1;
      if (side.name === NONE) await store(side, `run-${runs}`, DELIVERIES);
      const counting = endpoint.count(DELIVERIES);
      const receiver = await bench.startReceiver({ webhookUrl: endpoint.url, connectionString: side.connectionString });
      const { firstAtMs } = await counting;
      const tookMs = performance.timeOrigin + performance.now() - firstAtMs;
      await receiver.stop();
      return (DELIVERIES / tookMs) * 1_000;
    },
  }));
}

async function measureIn(
  bench: Bench,
  sides: readonly Side[],
  options: { rounds: number; seconds: number; report(line: string): void },
) {
  const load = startLoad();
  try {
    const arms: Arm[] = [];
    for (const { name, connectionString } of sides) {
      const receiver = await bench.startReceiver({ webhookUrl: null, connectionString });
      await load.run({ receivers: [receiver], seconds: WARM_UP_SECONDS });
      const { seconds } = options;
      arms.push({ name, measure: async () => (await load.run({ receivers: [receiver], seconds })).perSecond });
    }
    return await measureInTurn(arms, options);
  } finally {
    await load.stop();
  }
}

async function measureLooks(bench: Bench, { connectionString }: Side, rounds: number): Promise<Record<string, Spread>> {
  const receiver = await bench.startReceiver({ webhookUrl: null, connectionString });
  const samples: Record<string, number[]> = {};
  for (let round = 0; round < LOOKS_A_ROUND * rounds; round += 1) {
    for (const [name, method, path, body] of LOOKS) {
      const tookMs = await timeOf(`${receiver.baseUrl}${path}`, method, body);
      // The first one prepares its statements.
      if (round > 0) samples[name] = [...(samples[name] ?? []), tookMs];
    }
  }
  await receiver.stop();
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, spreadOf(all)]));
}

async function timeOf(url: string, method: string, body: object | null): Promise<number> {
  const startedAtMs = performance.now();
  const headers = { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${text}`);
  return performance.now() - startedAtMs;
}

function lines({ unfinished, delivered, looks }: BacklogFigures): string[] {
  return formatTable(
    [`With ${unfinished} unfinished, ${delivered} delivered`, 'Median', 'p99', 'Max'],
    Object.entries(looks).map(([name, { median, p99, max }]) => [name, msText(median), msText(p99), msText(max)]),
  );
}

function verdicts(figures: BacklogFigures) {
  const { unfinished, inRatio, outRatio, inWithout, outWithout, looks } = figures;
  return [
    ratioVerdict(`in, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: inRatio,
      peer: `none ${rateText(inWithout)}`,
    }),
    ratioVerdict(`out, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: outRatio,
      peer: `none ${rateText(outWithout)}`,
    }),
    ...Object.entries(looks).map(([name, { median }]) => ({
      figure: `${name}, median`,
      ours: msText(median),
      peers: '',
      aim: `≤ ${LOOK_AIM_MS} ms`,
      met: median <= LOOK_AIM_MS,
    })),
  ];
}
