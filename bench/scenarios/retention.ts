/**
 * Measures callbacks a second while old events are pruned, and under the same load before and after it in the same run.
 * Deliveries stay `held`, so that only the recording and the pruning work.
 */
import { formatTable } from '../../src/lib/text-table.ts';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { startLoad } from '../load.ts';
import type { Percentiles } from '../percentiles.ts';
import { formatMs, type Run, type Scenario } from '../scenario.ts';
import { openTestbed, query } from '../testbed.ts';

/** Maximum; --old lowers it. */
const OLD_EVENTS = 1_000_000;
const WARM_UP_SECONDS = 2;
/** Well beyond the default of RETENTION_DAYS, 400. */
const OLD_DAYS = { fromDaysAgo: 520, toDaysAgo: 480 };

export interface Phase {
  readonly callbacksPerSecond: number;
  /** Milliseconds from sending a callback to its response. */
  readonly answer: Percentiles;
}

export interface RetentionFigures {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly oldEvents: number;
  readonly forgottenPerSecond: number;
}

export const retentionScenario: Scenario<RetentionFigures> = {
  name: 'forgetting',
  summary: 'callbacks a second while old events are removed',
  measure,
  lines,
  verdicts,
};

async function measure({ settings, report }: Run): Promise<RetentionFigures> {
  const { seconds } = settings;
  const oldEvents = Math.min(settings.old, OLD_EVENTS);
  const testbed = await openTestbed(settings.profile);
  const { connectionString } = testbed.postgres;
  const load = startLoad();
  try {
    const first = await testbed.startReceiver({ webhookUrl: null });
    const phase = async (receiver: typeof first): Promise<Phase> => {
      const { perSecond, answer } = await load.run({ receivers: [receiver], seconds });
      return { callbacksPerSecond: perSecond, answer };
    };
    await load.run({ receivers: [first], seconds: WARM_UP_SECONDS });
    const before = await phase(first);
    await testbed.stopReceivers();

    report(`storing ${oldEvents} old events …`);
    await seedHistory(connectionString, { prefix: 'old', count: oldEvents, ...OLD_DAYS, state: 'delivered' });
    // The receiver starts to prune as soon as it is ready.
    const second = await testbed.startReceiver({ webhookUrl: null });
    const leftAtStart = await countOld(connectionString);
    const startedAtMs = performance.now();
    const during = await phase(second);
    const tookMs = performance.now() - startedAtMs;
    const left = await countOld(connectionString);
    if (left === 0)
      throw new Error('all old events were pruned before the phase ended: use fewer --seconds or more --old');

    report('waiting until all are pruned …');
    while ((await countOld(connectionString)) > 0) await load.run({ receivers: [second], seconds: 1 });
    const after = await phase(second);
    return { before, during, after, oldEvents, forgottenPerSecond: ((leftAtStart - left) / tookMs) * 1_000 };
  } finally {
    await load.stop();
    await testbed.stop();
  }
}

async function countOld(connectionString: string): Promise<number> {
  const [row] = await query<{ count: string }>(
    connectionString,
    "select count(*) from events where received_at < now() - interval '400 days'",
  );
  return Number(row?.count);
}

function lines({ before, during, after, oldEvents, forgottenPerSecond }: RetentionFigures): string[] {
  const row = (name: string, { callbacksPerSecond, answer }: Phase) => [
    name,
    `${callbacksPerSecond.toFixed(0)}/s`,
    formatMs(answer.median),
    formatMs(answer.p99),
    formatMs(answer.max),
  ];
  return [
    ...formatTable(
      ['Callbacks while old events are removed', 'Callbacks', 'Median answer', 'p99', 'Max'],
      [row('before', before), row('during', during), row('after', after)],
    ),
    `${oldEvents} old events, ${forgottenPerSecond.toFixed(0)}/s pruned.`,
  ];
}

function verdicts({ before, during, after }: RetentionFigures) {
  const beside = (before.callbacksPerSecond + after.callbacksPerSecond) / 2;
  return [
    {
      figure: 'in while pruning ÷ in before and after',
      ours: (during.callbacksPerSecond / beside).toFixed(2),
      peers: `${beside.toFixed(0)}/s`,
      aim: '',
      met: null,
    },
  ];
}
