/** The store put together: batches of callbacks, the statement that keeps them, and the way out that hears of them. */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { DeliverySlots } from '../deliveries/deliveries.ts';
import { storeEvents } from './record.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface InboxOptions {
  readonly db: Database;
  readonly config: Pick<Config, 'MAX_EVENTS_PER_PAYMENT'>;
  readonly room: DeliverySlots;
  /** A delivery is due that was not claimed here. */
  onDeliveryDue(): void;
  /** Told how many events were stored in one commit. */
  onBatch(size: number): void;
}

export function createInbox({ db, config, room, onDeliveryDue, onBatch }: InboxOptions): Recorder {
  return createRecorder({
    newId: randomUUIDv7,
    async store(batch, signal) {
      const max = room.reserveForNew(batch.filter(({ deliver }) => deliver).length);
      const claims = { max, token: randomUUID(), leaseMs: room.leaseMs };
      const storing = storeEvents(db, batch, { maxEventsPerPayment: config.MAX_EVENTS_PER_PAYMENT, signal, claims });
      const result = await room.observe(storing).catch((error: unknown) => {
        // What was claimed although we do not know it expires.
        room.send(max, []);
        throw error;
      });
      room.send(max, result.claims);
      onBatch(batch.length);
      if (result.stored.some((one) => one.outcome === 'recorded' && one.isDue)) onDeliveryDue();
      return result.stored;
    },
  });
}
