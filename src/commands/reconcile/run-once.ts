/** Runs reconciliation once for the command: under the lock of the service, or without it where nothing is stored. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { runAsLeader } from '../../db/job.ts';
import { NO_SLOTS } from '../../deliveries/deliveries.ts';
import { createInbox } from '../../inbox/inbox.ts';
import { systemClock } from '../../lib/clock.ts';
import { printable } from '../../lib/printable.ts';
import { addCounts } from '../../operators/count-store.ts';
import { type Counts, createCounts } from '../../operators/counts.ts';
import { createOwnership } from '../../ownership/ownership.ts';
import { errorOf, outcomeOf } from '../../reconciliation/outcome.ts';
import type { Parts } from '../../reconciliation/parts.ts';
import { reportSettings, runSettings } from '../../reconciliation/reconciliation.ts';
import { createOwnershipCheck, createReport } from '../../reconciliation/report.ts';
import { checkedOf, type Figures, type PartReport, reconcile } from '../../reconciliation/run.ts';
import type { MissedPayment } from '../../reconciliation/to-event.ts';
import type { Terminal } from '../command.ts';

export interface RunOnceOptions {
  readonly parts: Pick<Parts, 'all'>;
  readonly db: Database;
  readonly config: Config;
  /** Null: where the last run has ended. */
  readonly since: Date | null;
  readonly dryRun: boolean;
  readonly terminal: Terminal;
}

/** An event of the run. */
export interface ReportedPayment {
  readonly found: MissedPayment;
  /** Null in a dry run. */
  readonly eventId: string | null;
}

export interface EndedRun {
  readonly outcome: 'ended';
  readonly parts: readonly PartReport[];
  readonly missed: readonly ReportedPayment[];
  /** One line for each payment that could not be reported. */
  readonly notReported: readonly string[];
  /** Why the run is not complete, in one line; null: it is. */
  readonly error: string | null;
}

export type RunOnceResult =
  | EndedRun
  /** `reason` is a sentence. */
  | { readonly outcome: 'not_run'; readonly reason: string };

/** How long the command waits for the run of a replica. */
const MAX_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 500;
const SHOW_EVERY_MS = 100;

/** Rejects when `signal` fires, or for the database. */
export async function runOnce(options: RunOnceOptions, signal: AbortSignal): Promise<RunOnceResult> {
  const { db, dryRun } = options;
  if (dryRun) return checkAll(options, signal);
  const done: EndedRun[] = [];
  const run = async (running: AbortSignal) => {
    const ended = await checkAll(options, running);
    done.push(ended);
    return outcomeOf(ended.parts);
  };
  const deadlineMs = systemClock.elapsed() + MAX_WAIT_MS;
  for (let tries = 0; ; tries += 1) {
    const led = await runAsLeader({ name: 'reconciliation', db, run }, 0, signal);
    signal.throwIfAborted();
    const [ended] = done;
    if (ended !== undefined) return ended;
    if (led.outcome === 'failed') return { outcome: 'not_run', reason: `The run was ended: ${led.error}.` };
    if (systemClock.elapsed() >= deadlineMs) return { outcome: 'not_run', reason: STILL_RUNNING };
    if (tries === 0) options.terminal.printError('A replica is reconciling now; waiting for it up to a minute.');
    await setTimeout(LOOK_EVERY_MS, undefined, { signal });
  }
}

const STILL_RUNNING = 'A replica is still reconciling after a minute. Nothing was done; try again later.';

async function checkAll(options: RunOnceOptions, signal: AbortSignal): Promise<EndedRun> {
  const { db, config, since, dryRun, terminal } = options;
  const ownership = createOwnership(config, db);
  const counts = createCounts(systemClock);
  const { recorder } = createInbox({
    config,
    db,
    // The service finds the deliveries with its next poll.
    slots: NO_SLOTS,
    onBatch: () => undefined,
    onEvent: counts.onEvent,
    wakeDispatchers: () => undefined,
  });
  const missed: ReportedPayment[] = [];
  const notReported: string[] = [];
  const reporting = {
    onMissed: (found: MissedPayment, eventId: string | null) => void missed.push({ found, eventId }),
    onFailed: ({ paymentId }: MissedPayment, reason: string) => {
      notReported.push(`${printable(paymentId)}: ${reason}`);
    },
  };
  try {
    const parts = await reconcile({
      ...runSettings(config),
      db,
      clock: systemClock,
      parts: options.parts.all,
      since,
      dryRun,
      mayBeOurs: createOwnershipCheck(ownership),
      report: createReport({
        ...reportSettings(config),
        ...reporting,
        clock: systemClock,
        ownership,
        recorder,
        dryRun,
      }),
      signal,
      ...progressOf(options),
    });
    return { outcome: 'ended', parts, missed, notReported, error: errorOf(parts) };
  } finally {
    terminal.showProgress?.('');
    await ownership.close();
    await addCounted(db, counts);
  }
}

/** What could not be added is missing in the statistics, and in nothing else. */
async function addCounted(db: Database, { take }: Counts): Promise<void> {
  const counts = take();
  if (counts.length === 0) return;
  await addCounts(db, { writer: randomUUID(), number: 1, counts }).catch(() => undefined);
}

/** Shows how many payments were checked, on a screen. */
function progressOf({ terminal: { showProgress } }: RunOnceOptions) {
  if (showProgress === undefined) return {};
  let shownAtMs = Number.NEGATIVE_INFINITY;
  return {
    onProgress(provider: string, figures: Figures) {
      if (systemClock.elapsed() - shownAtMs < SHOW_EVERY_MS) return;
      shownAtMs = systemClock.elapsed();
      showProgress(`${provider}: ${checkedOf(figures)} payments checked, ${figures.missed} missed`);
    },
  };
}
