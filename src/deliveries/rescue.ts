/**
 * Rescues what crashed processes left behind: expired claims, and deliveries that were left blocked or overlooked. It
 * runs beside the dispatcher in bounded steps, each with a loop of its own, so that none stops another or the
 * deliveries. A step that fails is retried at ever longer intervals, is logged once until it works again, and is
 * counted.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ExpiredClaim } from './claim.ts';
import type { GroupCursor } from './ordering.ts';
import type { Outbox } from './outbox.ts';
import type { Quarantine } from './quarantine.ts';

const EXPIRED_INTERVAL_MS = 1_000;
/**
 * A recent scan covers what expired since long before the previous one. A full scan runs first, and after every 60
 * recent ones.
 */
const RECENT_SCAN_MS = 60_000;
const RECENT_SCANS_PER_FULL_SCAN = 60;
/** What another process released may have been due long before. */
const OVERLOOKED_INTERVAL_MS = 5_000;
/** The scan over all ordering groups: a step, a pause; after the end a rest. */
const STRANDED_PAUSE_MS = 250;
const STRANDED_REST_MS = 10_000;
const MAX_BACKOFF_MS = 10_000;
/**
 * A step is slow where it passes over entries that vacuum could not remove. It then rests so many times as long as it
 * took, up to MAX_BACKOFF_MS.
 */
const REST_FACTOR = 20;

export const RESCUE_STEPS = ['expired_claims', 'blocked_deliveries', 'overlooked_deliveries'] as const;
export type RescueStep = (typeof RESCUE_STEPS)[number];

export interface RescueOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly quarantine: Quarantine;
  settleExpired(expired: readonly ExpiredClaim[]): Promise<void>;
  /** The time before which the dispatcher does not query; null when it queries everything. */
  since(): Date | null;
  /** Something is due that the dispatcher does not query. */
  onOverlooked(): void;
  /** Something may be due now. */
  wake(): void;
  /** Called on each failure, with the step's name. */
  onRescueFailure(step: RescueStep): void;
}

export interface Rescue {
  start(): void;
  /** Resolves when no step runs any more. */
  stop(): Promise<void>;
}

/** Does one bounded piece of work and returns how long to rest after it, in milliseconds. */
type Step = () => Promise<number>;

/** Creates the rescue; `start` starts one loop for each step. */
export function createRescue(options: RescueOptions): Rescue {
  const stopping = new AbortController();
  const steps: Readonly<Record<RescueStep, Step>> = {
    expired_claims: createSettlingExpired(options),
    blocked_deliveries: createUnblocking(options),
    overlooked_deliveries: () => findOverlooked(options),
  };
  let running: Promise<unknown> = Promise.resolve();
  return {
    start() {
      running = Promise.all(RESCUE_STEPS.map((name) => repeat(name, steps[name], options, stopping.signal)));
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function repeat(name: RescueStep, step: Step, options: RescueOptions, stopping: AbortSignal): Promise<void> {
  let backoffMs = 0;
  while (!stopping.aborted) {
    const startedAtMs = options.clock.elapsed();
    let restMs: number;
    try {
      const stepRestMs = await step();
      restMs = Math.max(stepRestMs, Math.min(REST_FACTOR * (options.clock.elapsed() - startedAtMs), MAX_BACKOFF_MS));
      if (backoffMs > 0) options.logger.info({ event: 'rescue.recovered', step: name });
      backoffMs = 0;
    } catch (error) {
      options.onRescueFailure(name);
      if (backoffMs === 0) options.logger.error({ event: 'rescue.failed', step: name, reason: errorSummary(error) });
      backoffMs = Math.min(Math.max(2 * backoffMs, EXPIRED_INTERVAL_MS), MAX_BACKOFF_MS);
      restMs = backoffMs;
    }
    await setTimeout(restMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** Full scans continue as long as they find something, and follow a failure, which may have lasted. */
function createSettlingExpired({ outbox, quarantine, settleExpired, wake }: RescueOptions): Step {
  let scansUntilFull = 0;
  return async () => {
    const next = scansUntilFull === 0 ? RECENT_SCANS_PER_FULL_SCAN : scansUntilFull - 1;
    const withinMs = scansUntilFull === 0 ? null : RECENT_SCAN_MS;
    scansUntilFull = 0;
    const expired = await outbox.findExpiredClaims(withinMs, quarantine.setAside());
    await settleExpired(expired);
    if (expired.length > 0) wake();
    if (withinMs !== null || expired.length === 0) scansUntilFull = next;
    return EXPIRED_INTERVAL_MS;
  };
}

/** Continues from the previous step, so that the cost of a step never follows the backlog. */
function createUnblocking({ outbox, logger, wake }: RescueOptions): Step {
  let cursor: GroupCursor | null = null;
  return async () => {
    const { next, unblocked } = await outbox.unblockStranded(cursor);
    cursor = next;
    if (unblocked > 0) {
      logger.warn({ event: 'deliveries.unblocked', count: unblocked });
      wake();
    }
    return next === null ? STRANDED_REST_MS : STRANDED_PAUSE_MS;
  };
}

/** The dispatcher queries only what became due recently; this queries everything at longer intervals. */
async function findOverlooked({ outbox, quarantine, since, onOverlooked }: RescueOptions): Promise<number> {
  const from = since();
  if (from !== null) {
    const first = await outbox.firstDue(quarantine.setAside());
    if (first !== null && first.dueAt < from) onOverlooked();
  }
  return OVERLOOKED_INTERVAL_MS;
}
