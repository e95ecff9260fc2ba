/** A reader of snapshots with both interfaces of Resurs over real HTTP, and a time that passes only by waiting for it. */

import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createMapiAccount } from '../../src/accounts/mapi-account.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { createLogger } from '../../src/lib/logger.ts';
import type { Snapshot } from '../../src/payments/snapshot.ts';
import { createSnapshotReader } from '../../src/snapshots/reader.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';
import { startEcom, startMapi } from './snapshots.ts';

/** An event about a payment, as far as a reader looks at it. */
export function eventOf(provider: StoredEvent['provider'], paymentId: string): StoredEvent {
  return { id: paymentId, provider, paymentId, type: 'payment.authorized' } as StoredEvent;
}

export async function setupReader(t: TestContext, env: Record<string, string> = {}) {
  const [ecom, mapi] = await Promise.all([startEcom(t), startMapi(t)]);
  const config = validConfig({ DIGEST_KEY, PAYMENT_SNAPSHOT: 'on', ...ecom.env, ...mapi.env, ...env });
  const time = { ms: 0 };
  const clock = { now: () => Date.UTC(2026, 10, 20) + time.ms, elapsed: () => time.ms };
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const outcomes: string[] = [];
  const mapiAccount = createMapiAccount(config, clock);
  const reader = createSnapshotReader({
    config,
    mapiAccount,
    clock,
    logger,
    onPaymentRead: () => undefined,
    onSnapshot: (provider, outcome) => void outcomes.push(`${provider} ${outcome}`),
    async sleep(ms, signal) {
      await setImmediate(undefined, { signal });
      time.ms += ms;
    },
  });
  if (reader === null) throw new Error('PAYMENT_SNAPSHOT is on');
  t.after(async () => {
    await reader.close();
    await mapiAccount?.close();
  });
  const never = new AbortController().signal;
  return {
    ecom,
    mapi,
    time,
    lines,
    outcomes,
    reader,
    async read(provider: StoredEvent['provider'], paymentId: string): Promise<Snapshot> {
      const snapshot = await reader.read(eventOf(provider, paymentId), never);
      if (snapshot === null) throw new Error('nothing ended the read');
      return snapshot;
    },
  };
}
