/**
 * A fake Resurs that calls nobody, so that every callback of its payments is lost, and the settings with which a receiver
 * asks it. What happens to its payments happened an hour ago, so with a grace of no minutes it is missed at once.
 */
import type { TestContext } from 'node:test';
import type { PlannedCallback } from '../../src/simulator/callbacks.ts';
import { type FakeResurs, startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { DIGEST_KEY } from './config.ts';
import { ACCOUNT } from './resurs.ts';

export interface LosingResurs {
  readonly resurs: FakeResurs;
  /** Without a database. */
  readonly env: Readonly<Record<string, string>>;
  /** Lets this happen to its payments, one after the other. */
  happen(...callbacks: readonly PlannedCallback[]): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** Starts it; it is stopped after the test. */
export async function startLosingResurs(t: TestContext): Promise<LosingResurs> {
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  const resurs = await startFakeResurs({ account: ACCOUNT, speed: 1_000_000_000, clock });
  t.after(() => resurs.stop());
  return {
    resurs,
    env: {
      DIGEST_KEY,
      PUBLIC_URL: 'https://pay.shop.example',
      RESURS_USERNAME: ACCOUNT.username,
      RESURS_PASSWORD: ACCOUNT.password,
      RESURS_REST_URL: resurs.restUrl,
      RESURS_SOAP_URL: resurs.soapUrl,
      RECONCILE_GRACE_MINUTES: '0',
    },
    async happen(...callbacks) {
      aheadMs = -HOUR_MS;
      for (const callback of callbacks) await resurs.run([[callback]]);
      aheadMs = 0;
    },
  };
}
