/** The store put together: groups of callbacks, the statement that keeps them, and the way out that hears of them. */
import { randomUUIDv7 } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { giveTurn } from '../deliveries/enqueue.ts';
import { storeGroup } from './record.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface WayInOptions {
  readonly db: Database;
  readonly config: Pick<Config, 'MAX_EVENTS_PER_PAYMENT'>;
  /** A delivery may be due. */
  nudge(): void;
  /** Told how many events were stored in one commit. */
  onGroup(size: number): void;
}

export function createWayIn({ db, config, nudge, onGroup }: WayInOptions): Recorder {
  return createRecorder({
    newId: randomUUIDv7,
    async store(group, signal) {
      const stored = await storeGroup(db, group, { maxEventsPerPayment: config.MAX_EVENTS_PER_PAYMENT, signal });
      onGroup(group.length);
      const waiting = stored.flatMap((one) => (one.outcome === 'recorded' && one.waits ? [one.eventId] : []));
      // Should this fail, the sweep of forgotten turns makes it good.
      if (waiting.length > 0) void giveTurn(db, waiting).then(nudge, () => undefined);
      if (stored.some((one) => one.outcome === 'recorded')) nudge();
      return stored;
    },
  });
}
