/**
 * The recorder that stores its batches in Postgres. After the commit the claimed deliveries go to the dispatcher.
 */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { DeliverySlots } from '../deliveries/deliveries.ts';
import { recordBatch } from './record.ts';
import { createBatchRecorder, type Recorder } from './recorder.ts';

export interface RecorderOptions {
  readonly db: Database;
  readonly config: Pick<Config, 'MAX_EVENTS_PER_PAYMENT'>;
  /** Where new deliveries are claimed for this process. */
  readonly slots: DeliverySlots;
  /** Called after each commit. */
  onRecorded(batch: RecordedBatch): void;
  /** Called with the type of each new event, after its commit. */
  onEvent(type: string): void;
  /** Called when a batch was not stored, or it is unknown. */
  onFailed(error: unknown): void;
}

export interface RecordedBatch {
  readonly size: number;
  /** Whether a delivery is due that was not claimed for this process. */
  readonly hasDueDelivery: boolean;
}

/** Creates the recorder that stores events in Postgres and claims their deliveries while there are free slots. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { db, config, slots, onRecorded, onEvent, onFailed } = options;
  const maxEventsPerPayment = config.MAX_EVENTS_PER_PAYMENT;
  return createBatchRecorder({
    newId: randomUUIDv7,
    async storeBatch(batch, signal) {
      const max = slots.reserveForNew(batch.filter(({ deliver }) => deliver).length);
      const claims = { max, token: randomUUID(), leaseMs: slots.leaseMs };
      const storing = recordBatch(db, batch, { maxEventsPerPayment, signal, claims });
      const result = await slots.measureClaim(storing).catch((error: unknown) => {
        // Claims that were made although the result is unknown will expire.
        slots.send(max, []);
        onFailed(error);
        throw error;
      });
      slots.send(max, result.claims);
      const hasDueDelivery = result.results.some((row) => row.outcome === 'recorded' && row.isDue);
      onRecorded({ size: batch.length, hasDueDelivery });
      batch.forEach(({ event }, index) => {
        if (result.results[index]?.outcome === 'recorded') onEvent(event.type);
      });
      return result.results;
    },
  });
}
