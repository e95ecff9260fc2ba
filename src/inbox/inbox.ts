/** The inbox of a process: the recorder on its database, and the memory of whether it could store. */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { DeliverySlots } from '../deliveries/deliveries.ts';
import { createRecorder } from './postgres-recorder.ts';
import type { Recorder } from './recorder.ts';
import { createStoreHealth, type StoreHealth } from './store-health.ts';

export interface InboxOptions {
  readonly config: Config;
  readonly db: Database;
  /** The slots of deliveries, for those that are claimed as they are stored. */
  readonly slots: DeliverySlots;
  /** Called with the number of events in each commit. */
  onBatch(size: number): void;
  /** Called with the type of each new event. */
  onEvent(type: string): void;
  /** Called when a delivery may be due. */
  wakeDispatchers(): void;
}

export interface Inbox {
  readonly recorder: Recorder;
  readonly storeHealth: StoreHealth;
}

/** Creates the inbox; nothing is stored yet. */
export function createInbox({ config, db, slots, onBatch, onEvent, wakeDispatchers }: InboxOptions): Inbox {
  const storeHealth = createStoreHealth();
  const recorder = createRecorder({
    db,
    config,
    slots,
    onEvent,
    onFailed: storeHealth.onFailed,
    onRecorded({ size, hasDueDelivery }) {
      storeHealth.onStored();
      onBatch(size);
      if (hasDueDelivery) wakeDispatchers();
    },
  });
  return { recorder, storeHealth };
}
