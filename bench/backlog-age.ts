/** What the merchant does not have yet. */
import { setTimeout } from 'node:timers/promises';
import { query } from './testbed.ts';

const POLL_MS = 50;
const PATIENCE_MS = 120_000;

/** How long ago the oldest event came that is not delivered; 0 when all are. In milliseconds. */
export async function oldestUndeliveredMs(connectionString: string): Promise<number> {
  const [row] = await query<{ ms: number }>(
    connectionString,
    `select coalesce(extract(epoch from clock_timestamp() - min(e.received_at)) * 1000, 0)::float8 as ms
     from (select sequence from outbox order by sequence limit 1) o join events e using (sequence)`,
  );
  return row?.ms ?? Number.NaN;
}

/** Resolves when everything is delivered. */
export async function allDelivered(connectionString: string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (await isOpen(connectionString)) {
    if (performance.now() > deadlineMs) throw new Error(`not all is delivered after ${PATIENCE_MS / 1_000} s`);
    await setTimeout(POLL_MS);
  }
}

async function isOpen(connectionString: string): Promise<boolean> {
  const text = 'select exists (select from outbox) as open';
  return (await query<{ open: boolean }>(connectionString, text))[0]?.open === true;
}
