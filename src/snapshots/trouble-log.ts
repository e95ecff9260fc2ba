/** Logs that payments cannot be read: one line a minute, however many events come, and one when it works again. */
import type { Provider } from '../db/schema.ts';
import type { StoredEvent } from '../events/event.ts';
import { publicId } from '../events/public-id.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { SnapshotResult } from './result.ts';

export interface TroubleLogOptions {
  readonly provider: Provider;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly logger: Logger;
}

export interface TroubleLog {
  /** Notes how reading for the event ended. */
  note(event: StoredEvent, result: SnapshotResult): void;
}

/** As long as a pause. */
const LINE_EVERY_MS = 60_000;

/** Creates the log of one interface. */
export function createTroubleLog({ provider, clock, logger }: TroubleLogOptions): TroubleLog {
  let nextLineAtMs = Number.NEGATIVE_INFINITY;
  let withoutLine = 0;
  let isInTrouble = false;
  return {
    note({ id }, { outcome, snapshot, detail }) {
      if (snapshot.payment !== null) {
        if (isInTrouble) logger.info({ event: 'snapshot.read_again', provider });
        isInTrouble = false;
        return;
      }
      isInTrouble ||= outcome !== 'unknown';
      if (clock.elapsed() < nextLineAtMs) {
        withoutLine += 1;
        return;
      }
      const { paymentError: reason } = snapshot;
      const line = { event: 'snapshot.not_read', provider, eventId: publicId(id), outcome, reason };
      logger.warn({ ...line, ...(detail === undefined ? {} : { detail }), othersBefore: withoutLine });
      nextLineAtMs = clock.elapsed() + LINE_EVERY_MS;
      withoutLine = 0;
    },
  };
}
