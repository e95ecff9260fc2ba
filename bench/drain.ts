/**
 * Measures how fast a backlog is drained: from the first request at the merchant to the last recorded delivery. So the
 * start of the draining process is not included, whichever program it is.
 */
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Endpoint } from './endpoint.ts';
import type { Testbed } from './testbed.ts';

const POLL_MS = 5;
const RECEIVED_WITHIN_MS = 120_000;

export interface DrainOptions {
  readonly endpoint: Endpoint;
  readonly deliveries: number;
  readonly connectionString: string;
  /** A query that returns true in a column `open` as long as something is not recorded. */
  readonly isOpen: string;
  /** Starts to drain; resolves with a function that stops it. */
  begin(): Promise<() => Promise<void>>;
}

/** Drains the backlog; resolves with deliveries a second. Throws when they do not arrive within two minutes. */
export async function measureDrain({
  endpoint,
  deliveries,
  connectionString,
  isOpen,
  begin,
}: DrainOptions): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const late = setTimeout(RECEIVED_WITHIN_MS, null, { ref: false });
    const counting = endpoint.count(deliveries);
    const end = await begin();
    const counted = await Promise.race([counting, late]);
    if (counted === null) throw new Error(`${deliveries} deliveries did not arrive in ${RECEIVED_WITHIN_MS / 1_000} s`);
    while ((await client.query<{ open: boolean }>(isOpen)).rows[0]?.open === true) await setTimeout(POLL_MS);
    const tookMs = performance.timeOrigin + performance.now() - counted.firstAtMs;
    await end();
    return (deliveries / tookMs) * 1_000;
  } finally {
    await client.end();
  }
}

/** Starts a receiver, which drains the backlog of its database. */
export function drainWithReceiver(on: {
  testbed: Testbed;
  endpoint: Endpoint;
  deliveries: number;
  connectionString: string;
}) {
  return measureDrain({
    ...on,
    isOpen: 'select exists (select from outbox) as open',
    async begin() {
      const receiver = await on.testbed.startReceiver({
        webhookUrl: on.endpoint.url,
        connectionString: on.connectionString,
      });
      return () => receiver.stop();
    },
  });
}
