/**
 * Forgetting beside the work: callbacks a second while old events are removed, beside the same load before and after it
 * in the same run. Deliveries are held, so that nothing but the way in and the forgetting works.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { startLoad } from '../load.ts';
import type { Spread } from '../percentiles.ts';
import { msText, type Run, type Scenario } from '../scenario.ts';
import { openBench, query } from '../testbed.ts';

/** At most; --old makes it fewer. */
const OLD_EVENTS = 1_000_000;
const WARM_UP_SECONDS = 2;
/** Well beyond the default of RETENTION_DAYS, 400. */
const OLD_DAYS = { fromDaysAgo: 520, toDaysAgo: 480 };

export interface Phase {
  readonly callbacksPerSecond: number;
  /** Milliseconds from sending a callback to its answer. */
  readonly answer: Spread;
}

export interface ForgettingFigures {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly oldEvents: number;
  readonly forgottenPerSecond: number;
}

export const forgettingScenario: Scenario<ForgettingFigures> = {
  name: 'forgetting',
  summary: 'callbacks a second while old events are removed',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<ForgettingFigures> {
  const { seconds } = settings;
  const oldEvents = Math.min(settings.old, OLD_EVENTS);
  const bench = await openBench(settings.profile);
  const { connectionString } = bench.postgres;
  const load = startLoad();
  try {
    const first = await bench.startReceiver({ webhookUrl: null });
    const phase = async (receiver: typeof first): Promise<Phase> => {
      const { perSecond, answer } = await load.run({ receivers: [receiver], seconds });
      return { callbacksPerSecond: perSecond, answer };
    };
    await load.run({ receivers: [first], seconds: WARM_UP_SECONDS });
    const before = await phase(first);
    await bench.stopReceivers();

    report(`storing ${oldEvents} old events …`);
    await seedHistory(connectionString, { prefix: 'old', count: oldEvents, ...OLD_DAYS, state: 'delivered' });
    // The receiver begins to forget as soon as it is ready.
    const second = await bench.startReceiver({ webhookUrl: null });
    const leftAtStart = await countOld(connectionString);
    const startedAtMs = performance.now();
    const during = await phase(second);
    const tookMs = performance.now() - startedAtMs;
    const left = await countOld(connectionString);
    if (left === 0)
      throw new Error('everything was forgotten before the phase ended: take fewer --seconds or more --old');

    report('waiting until all are forgotten …');
    while ((await countOld(connectionString)) > 0) await load.run({ receivers: [second], seconds: 1 });
    const after = await phase(second);
    return { before, during, after, oldEvents, forgottenPerSecond: ((leftAtStart - left) / tookMs) * 1_000 };
  } finally {
    await load.stop();
    await bench.stop();
  }
}

async function countOld(connectionString: string): Promise<number> {
  const [row] = await query<{ count: string }>(
    connectionString,
    "select count(*) from events where received_at < now() - interval '400 days'",
  );
  return Number(row?.count);
}

function lines({ before, during, after, oldEvents, forgottenPerSecond }: ForgettingFigures): string[] {
  const row = (name: string, { callbacksPerSecond, answer }: Phase) => [
    name,
    `${callbacksPerSecond.toFixed(0)}/s`,
    msText(answer.median),
    msText(answer.p99),
    msText(answer.max),
  ];
  return [
    ...formatTable(
      ['Callbacks while old events are removed', 'Callbacks', 'Median answer', 'p99', 'Max'],
      [row('before', before), row('during', during), row('after', after)],
    ),
    `${oldEvents} old events, ${forgottenPerSecond.toFixed(0)}/s forgotten.`,
  ];
}

function verdicts({ before, during, after }: ForgettingFigures) {
  const beside = (before.callbacksPerSecond + after.callbacksPerSecond) / 2;
  return [
    {
      figure: 'in while forgetting ÷ in before and after',
      ours: (during.callbacksPerSecond / beside).toFixed(2),
      peers: `${beside.toFixed(0)}/s`,
      aim: '',
      met: null,
    },
  ];
}
