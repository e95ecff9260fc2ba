/**
 * What repairs: claims that expired, deliveries that were left blocked or overlooked. It runs beside the dispatcher in bounded
 * steps, each with a loop of its own, so that none stops another or the deliveries. A step that fails is tried again ever
 * more rarely, is logged once until it works again, and is counted.
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
/** Each look finds what expired since long before the last one; a look at everything comes first, and now and then. */
const EXPIRED_LATELY_MS = 60_000;
const LOOKS_BETWEEN_WHOLE_ONES = 60;
/** What another process released may be due since long before. */
const OVERLOOKED_INTERVAL_MS = 5_000;
/** The walk over all ordering groups: a step, a pause; from the end on a rest. */
const STRANDED_PAUSE_MS = 250;
const STRANDED_REST_MS = 10_000;
const MAX_BACKOFF_MS = 10_000;
/** A step that takes long, where it passes over what vacuum could not remove, rests so many times as long, but no longer than above. */
const REST_SHARE = 20;

export const RESCUE_STEPS = ['expired_claims', 'blocked_deliveries', 'overlooked_deliveries'] as const;
export type RescueStep = (typeof RESCUE_STEPS)[number];

export interface RescueOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly quarantine: Quarantine;
  settleAbandoned(expired: readonly ExpiredClaim[]): Promise<void>;
  /** The moment before which the dispatcher does not look; null when it looks at everything. */
  since(): Date | null;
  /** Something is due that the dispatcher does not look at. */
  onOverlooked(): void;
  /** Something may be due now. */
  wake(): void;
  /** Told of each failure, by the step's name. */
  onRescueFailure(step: RescueStep): void;
}

export interface Rescue {
  start(): void;
  /** Resolves when no step runs any more. */
  stop(): Promise<void>;
}

/** Does one piece of work and tells how long to rest after it, in milliseconds. */
type Step = () => Promise<number>;

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
    const beganAtMs = options.clock.elapsed();
    let restMs: number;
    try {
      const wishedMs = await step();
      restMs = Math.max(wishedMs, Math.min(REST_SHARE * (options.clock.elapsed() - beganAtMs), MAX_BACKOFF_MS));
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

/** Looks at everything as long as that finds something, and after a failure, which may have lasted. */
function createSettlingExpired({ outbox, quarantine, settleAbandoned, wake: nudge }: RescueOptions): Step {
  let looksUntilWhole = 0;
  return async () => {
    const next = looksUntilWhole === 0 ? LOOKS_BETWEEN_WHOLE_ONES : looksUntilWhole - 1;
    const withinMs = looksUntilWhole === 0 ? null : EXPIRED_LATELY_MS;
    looksUntilWhole = 0;
    const expired = await outbox.findExpiredClaims(withinMs, quarantine.setAside());
    await settleAbandoned(expired);
    if (expired.length > 0) nudge();
    if (withinMs !== null || expired.length === 0) looksUntilWhole = next;
    return EXPIRED_INTERVAL_MS;
  };
}

/** Goes on where it was, so that its cost a step never follows the backlog. */
function createUnblocking({ outbox, logger, wake: nudge }: RescueOptions): Step {
  let cursor: GroupCursor | null = null;
  return async () => {
    const { next, unblocked } = await outbox.unblockStranded(cursor);
    cursor = next;
    if (unblocked > 0) {
      logger.warn({ event: 'deliveries.unblocked', count: unblocked });
      nudge();
    }
    return next === null ? STRANDED_REST_MS : STRANDED_PAUSE_MS;
  };
}

/** The dispatcher looks only at what became due lately; this looks at everything, now and then. */
async function findOverlooked({ outbox, quarantine, since, onOverlooked }: RescueOptions): Promise<number> {
  const from = since();
  if (from !== null) {
    const first = await outbox.firstDue(quarantine.setAside());
    if (first !== null && first.dueAt < from) onOverlooked();
  }
  return OVERLOOKED_INTERVAL_MS;
}
