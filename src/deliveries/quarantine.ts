/**
 * Deliveries whose row the database refuses to write: after some tries each is set aside for a while and named in an error
 * line, so that it never stops the others. An outage is no reason: then nothing can be written.
 */
import { classifyDatabaseError } from '../db/errors.ts';
import { publicId } from '../events/event.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

const TRIES = 5;
/** So many different rows that fail while none passes are no fault of theirs. */
const TOO_MANY = 3;
/** Then it is tried once more; whoever repaired it need not restart anything. */
const SET_ASIDE_MS = 600_000;

export interface QuarantinedDelivery {
  readonly eventId: string;
  readonly sequence: number;
}

/** What became of one of several deliveries that were tried together. */
export interface RowFailure {
  readonly delivery: QuarantinedDelivery;
  readonly error: unknown;
}

export interface Quarantine {
  /**
   * Counts failures that are the rows' own, and sets aside who failed too often. Throws the error where it is no row's:
   * setting the others aside for it would stop all of them. `passed`: how many rows were written meanwhile.
   */
  failed(failures: readonly RowFailure[], passed: number): void;
  /** Sequences of those that are set aside. */
  setAside(): number[];
}

export function createQuarantine({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Quarantine {
  const failures = new Map<number, { count: number; untilMs: number | null }>();
  function count({ eventId, sequence }: QuarantinedDelivery, error: unknown): void {
    const { count: before = 0 } = failures.get(sequence) ?? {};
    const isSetAside = before + 1 >= TRIES;
    failures.set(sequence, { count: before + 1, untilMs: isSetAside ? clock.elapsed() + SET_ASIDE_MS : null });
    if (!isSetAside) return;
    logger.error({ event: 'delivery.set_aside', eventId: publicId(eventId), sequence, reason: errorSummary(error) });
  }

  return {
    failed(all, passed) {
      // Who failed while others passed is known to be to blame.
      const unknown = passed > 0 ? [] : all.filter(({ delivery }) => !failures.has(delivery.sequence));
      const foreign = all.find(({ error }) => !isRowError(error)) ?? causeOfAll(unknown);
      if (foreign !== undefined) throw foreign.error;
      for (const { delivery, error } of all) count(delivery, error);
    },
    setAside() {
      const now = clock.elapsed();
      for (const [sequence, { untilMs }] of failures) {
        if (untilMs !== null && untilMs <= now) failures.delete(sequence);
      }
      return [...failures].flatMap(([sequence, { untilMs }]) => (untilMs === null ? [] : [sequence]));
    },
  };
}

/** Of failures beside which nothing passed: one that tells of the statement or the schema, or would of so many rows. */
function causeOfAll(all: readonly RowFailure[]): RowFailure | undefined {
  return all.length >= TOO_MANY ? all[0] : all.find(({ error }) => classifyDatabaseError(error) === 'defect');
}

/** Whether the database refused the row itself, and would again. */
export function isRowError(error: unknown): boolean {
  const fault = classifyDatabaseError(error);
  return fault === 'bad_row' || fault === 'defect';
}
