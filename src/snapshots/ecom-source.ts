/** Reads payments of the eCom API, by getPayment. */
import { createEcomAccount } from '../accounts/ecom-account.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { createFailurePause, type FailurePause } from '../lib/failure-pause.ts';
import { paymentOf } from '../payments/ecom-payment.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { PaymentResult } from '../resurs/payments.ts';
import { FAILURES_IN_ROW, MAX_READS, PAUSE_MS, type PaymentSource, READ_TIMEOUT_MS } from './payment-source.ts';

/** Refusals of this one payment, from a service that works: ILLEGAL_ARGUMENT, NOT_ALLOWED, NOT_ALLOWED_IN_CURRENT_STATE. */
const ABOUT_THE_PAYMENT = new Set(['1', '4', '25']);

/** Creates the source; null when the settings name no account. Opens no connection yet. */
export function createEcomSource(config: Config, clock: Clock): PaymentSource | null {
  const account = createEcomAccount(config, { connections: MAX_READS, connectTimeoutMs: READ_TIMEOUT_MS });
  if (account === null) return null;
  const client = account.payments(READ_TIMEOUT_MS);
  const pause = createFailurePause({ failures: FAILURES_IN_ROW, pauseMs: PAUSE_MS, clock });
  return {
    async read(paymentId, signal) {
      const leave = pause.take();
      if (leave.outcome === 'paused') return { outcome: 'failed', failure: paused(paymentId, leave.waitMs) };
      const readAt = new Date(clock.now());
      const reading = client.read(paymentId, signal).catch((error: unknown) => {
        pause.abandoned();
        throw error;
      });
      const result = await reading;
      count(pause, result);
      return result.outcome === 'found' ? { outcome: 'found', payment: paymentOf(result.payment, readAt) } : result;
    },
    pausedMs: pause.remainingMs,
    close: account.close,
  };
}

function count(pause: FailurePause, result: PaymentResult): void {
  const failure = result.outcome === 'failed' ? result.failure : null;
  if (failure?.kind === 'limited') pause.waitFor(failure.waitMs ?? 0);
  else if (failure === null || isAboutThePayment(failure)) pause.succeeded();
  else pause.failed();
}

function isAboutThePayment({ code }: ResursFailure): boolean {
  return code !== null && ABOUT_THE_PAYMENT.has(code);
}

function paused(paymentId: string, waitMs: number): ResursFailure {
  const operation = `getPayment ${paymentId}`;
  return { channel: 'SOAP', operation, kind: 'paused', status: null, code: null, text: 'not asked', waitMs };
}
