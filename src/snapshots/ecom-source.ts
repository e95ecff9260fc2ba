/** Reads payments of the eCom API, by getPayment. */
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { createFailurePause, type FailurePause } from '../lib/failure-pause.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { paymentOf } from '../payments/ecom-payment.ts';
import { resursAddresses } from '../resurs/addresses.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import { createPaymentClient, type PaymentResult } from '../resurs/payments.ts';
import { FAILURES_IN_ROW, MAX_READS, PAUSE_MS, type PaymentSource, READ_TIMEOUT_MS } from './payment-source.ts';

const LIMIT_PER_TIME_EXCEEDED = '24';
const LIMIT_WAIT_MS = 60_000;
const TOO_MANY_REQUESTS = 429;
const USUAL_WAIT_MS = 10_000;
/** Refusals of this one payment, from a service that works: ILLEGAL_ARGUMENT, NOT_ALLOWED, NOT_ALLOWED_IN_CURRENT_STATE. */
const ABOUT_THE_PAYMENT = new Set(['1', '4', '25']);

/** Creates the source; null when the settings name no account. Opens no connection yet. */
export function createEcomSource(config: Config, clock: Clock): PaymentSource | null {
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null) return null;
  const timeoutMs = READ_TIMEOUT_MS;
  const { dispatcher, destroy } = createOutbound({
    proxies: config,
    connections: MAX_READS,
    connectTimeoutMs: timeoutMs,
  });
  const baseUrl = resursAddresses(config).soap;
  const client = createPaymentClient({ baseUrl, account: { username, password }, dispatcher, timeoutMs });
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
      const result = withWait(await reading);
      count(pause, result);
      return result.outcome === 'found' ? { outcome: 'found', payment: paymentOf(result.payment, readAt) } : result;
    },
    pausedMs: pause.remainingMs,
    close: destroy,
  };
}

/** Recognises that Resurs asks to wait. */
function withWait(result: PaymentResult): PaymentResult {
  if (result.outcome !== 'failed') return result;
  const { failure } = result;
  const isLimited = failure.code === LIMIT_PER_TIME_EXCEEDED || failure.status === TOO_MANY_REQUESTS;
  if (!isLimited) return result;
  const waitMs = failure.code === LIMIT_PER_TIME_EXCEEDED ? LIMIT_WAIT_MS : USUAL_WAIT_MS;
  return { outcome: 'failed', failure: { ...failure, kind: 'limited', waitMs } };
}

function count(pause: FailurePause, result: PaymentResult): void {
  const failure = result.outcome === 'failed' ? result.failure : null;
  if (failure?.kind === 'limited') pause.waitFor(failure.waitMs ?? USUAL_WAIT_MS);
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
