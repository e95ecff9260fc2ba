/**
 * Deliveries whose row the database refuses to write: after some tries each is set aside for a while and named in an error
 * line, so that it never stops the others. An outage is no reason: then nothing can be written.
 */
import type { Clock } from '../clock.ts';
import { databaseFaultOf, shortReason } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { publicId } from './payload.ts';

const TRIES = 5;
/** Then it is tried once more; whoever repaired it need not restart anything. */
const SET_ASIDE_MS = 600_000;

export interface QuarantinedDelivery {
  readonly eventId: string;
  readonly sequence: number;
}

export interface Quarantine {
  /** Counts a failure if it is the row's own. True when the delivery is set aside now. */
  failed(delivery: QuarantinedDelivery, error: unknown): boolean;
  /** Sequences of those that are set aside. */
  setAside(): number[];
}

export function createQuarantine({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Quarantine {
  const failures = new Map<number, { count: number; untilMs: number | null }>();
  return {
    failed({ eventId, sequence }, error) {
      if (!isOfRow(error)) return false;
      const { count = 0 } = failures.get(sequence) ?? {};
      const isSetAside = count + 1 >= TRIES;
      failures.set(sequence, { count: count + 1, untilMs: isSetAside ? clock.elapsed() + SET_ASIDE_MS : null });
      if (isSetAside) {
        logger.error({ event: 'delivery.set_aside', eventId: publicId(eventId), sequence, reason: shortReason(error) });
      }
      return isSetAside;
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

/** Whether the database refused the row itself, and would again. */
export function isOfRow(error: unknown): boolean {
  const fault = databaseFaultOf(error);
  return fault === 'bad_row' || fault === 'defect';
}
