/**
 * Quarantine for deliveries whose row the database refuses to write. After some tries each is set aside for a while and
 * named in an error line, so that it never stops the others. An outage sets nothing aside: then no row can be written.
 */
import { classifyDatabaseError } from '../db/errors.ts';
import { publicId } from '../events/public-id.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

const MAX_TRIES = 5;
/** When so many different rows fail and none passes, the cause is not the rows. */
const TOO_MANY = 3;
/** Then it is tried once more, so that a repaired row needs no restart. */
const SET_ASIDE_MS = 600_000;

export interface QuarantinedDelivery {
  readonly eventId: string;
  readonly sequence: number;
}

/** The failure of one of several deliveries that were tried together. */
export interface RowFailure {
  readonly delivery: QuarantinedDelivery;
  readonly error: unknown;
}

export interface Quarantine {
  /**
   * Counts failures that the rows themselves cause, and sets aside rows that failed too often. Throws an error that no
   * row causes: setting rows aside for it would stop all of them. `passed`: how many rows were written meanwhile.
   */
  failed(failures: readonly RowFailure[], passed: number): void;
  /** The sequences of the deliveries that are set aside. */
  setAside(): number[];
}

/** Creates an empty quarantine. It logs each delivery that it sets aside. */
export function createQuarantine({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Quarantine {
  const failures = new Map<number, { count: number; untilMs: number | null }>();
  function count({ eventId, sequence }: QuarantinedDelivery, error: unknown): void {
    const { count: before = 0 } = failures.get(sequence) ?? {};
    const isSetAside = before + 1 >= MAX_TRIES;
    failures.set(sequence, { count: before + 1, untilMs: isSetAside ? clock.elapsed() + SET_ASIDE_MS : null });
    if (!isSetAside) return;
    logger.error({ event: 'delivery.set_aside', eventId: publicId(eventId), sequence, reason: errorSummary(error) });
  }

  return {
    failed(all, passed) {
      // A row that failed while others passed is itself the cause.
      const unproven = passed > 0 ? [] : all.filter(({ delivery }) => !failures.has(delivery.sequence));
      const unrelated = all.find(({ error }) => !isRowError(error)) ?? commonCause(unproven);
      if (unrelated !== undefined) throw unrelated.error;
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

/** When no row passed: the failure that points at the statement or the schema instead of its row, if there is one. */
function commonCause(all: readonly RowFailure[]): RowFailure | undefined {
  return all.length >= TOO_MANY ? all[0] : all.find(({ error }) => classifyDatabaseError(error) === 'defect');
}

/** Whether the database refused the row itself, and would refuse it again. */
export function isRowError(error: unknown): boolean {
  const kind = classifyDatabaseError(error);
  return kind === 'bad_row' || kind === 'defect';
}
