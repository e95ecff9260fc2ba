/** Reads the undelivered events from the database. */
import { setTimeout } from 'node:timers/promises';
import { query } from './testbed.ts';

const POLL_MS = 50;
const DELIVERED_WITHIN_MS = 120_000;

/** Returns the age of the oldest undelivered event in milliseconds; 0 when all are delivered. */
export async function oldestUndeliveredMs(connectionString: string): Promise<number> {
  const [row] = await query<{ ms: number }>(
    connectionString,
    `select coalesce(extract(epoch from clock_timestamp() - min(e.received_at)) * 1000, 0)::float8 as ms
     from (select sequence from outbox order by sequence limit 1) o join events e using (sequence)`,
  );
  return row?.ms ?? Number.NaN;
}

/** Resolves when every event is delivered; rejects after two minutes. */
export async function waitUntilAllDelivered(connectionString: string): Promise<void> {
  const deadlineMs = performance.now() + DELIVERED_WITHIN_MS;
  while (await isOpen(connectionString)) {
    if (performance.now() > deadlineMs)
      throw new Error(`not every event is delivered after ${DELIVERED_WITHIN_MS / 1_000} s`);
    await setTimeout(POLL_MS);
  }
}

async function isOpen(connectionString: string): Promise<boolean> {
  const text = 'select exists (select from outbox) as open';
  return (await query<{ open: boolean }>(connectionString, text))[0]?.open === true;
}
