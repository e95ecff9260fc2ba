/**
 * Emptying a backlog: from the first request that the merchant saw to the last delivery that was recorded, so that the
 * start of a process is not in it, whoever drains.
 */
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Endpoint } from './endpoint.ts';
import type { Bench } from './testbed.ts';

const POLL_MS = 5;
const PATIENCE_MS = 120_000;

export interface Draining {
  readonly endpoint: Endpoint;
  readonly deliveries: number;
  readonly connectionString: string;
  /** Gives true as long as something is not recorded, in a column `open`. */
  readonly isOpen: string;
  /** Begins to drain; resolves to what ends it. */
  begin(): Promise<() => Promise<void>>;
}

/** Deliveries a second. */
export async function measureDrain({
  endpoint,
  deliveries,
  connectionString,
  isOpen,
  begin,
}: Draining): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const late = setTimeout(PATIENCE_MS, null, { ref: false });
    const counting = endpoint.count(deliveries);
    const end = await begin();
    const counted = await Promise.race([counting, late]);
    if (counted === null) throw new Error(`${deliveries} deliveries did not come in ${PATIENCE_MS / 1_000} s`);
    while ((await client.query<{ open: boolean }>(isOpen)).rows[0]?.open === true) await setTimeout(POLL_MS);
    const tookMs = performance.timeOrigin + performance.now() - counted.firstAtMs;
    await end();
    return (deliveries / tookMs) * 1_000;
  } finally {
    await client.end();
  }
}

/** The receiver's backlog is there already: started, it drains. */
export function drainWithReceiver(on: {
  bench: Bench;
  endpoint: Endpoint;
  deliveries: number;
  connectionString: string;
}) {
  return measureDrain({
    ...on,
    isOpen: 'select exists (select from outbox) as open',
    async begin() {
      const receiver = await on.bench.startReceiver({
        webhookUrl: on.endpoint.url,
        connectionString: on.connectionString,
      });
      return () => receiver.stop();
    },
  });
}
