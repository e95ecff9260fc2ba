/**
 * Asks Resurs for a payment when the status API is asked for it. The provider of the payment's stored events is asked.
 * Where none is stored, all that may know it are asked in turn: a UUID may be a payment of the Merchant API, any name an
 * id of eCom, and a short one the reference of an order. Resurs does not want to be polled, so a process answers at most ten such questions a minute.
 */
import { isOrderReference } from '../accounts/order-search.ts';
import type { Config } from '../config/settings.ts';
import type { Provider } from '../db/schema.ts';
import type { KnownPayment } from '../events/payment-lookup.ts';
import type { Clock } from '../lib/clock.ts';
import { createQuota } from '../lib/quota.ts';
import { isUuid } from '../protocol/mapi/body.ts';
import type { CallLimits } from '../resurs/mapi-call.ts';
import {
  type Ask,
  createEcomSource,
  createMapiSource,
  type EcomSource,
  type MapiSource,
  type PaymentAnswer,
} from './payment-sources.ts';

const READS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

/**
 * How a read ended. `used_up`: too many were asked for. `no_account`: the settings name no account of any of these
 * providers, which would have to be asked.
 */
export type PaymentReading =
  | PaymentAnswer
  | { readonly outcome: 'no_account'; readonly missing: readonly Provider[] }
  | { readonly outcome: 'used_up'; readonly waitMs: number };

/** The payment that is meant. */
export interface PaymentQuestion {
  /** Its id, or the reference of its order. */
  readonly name: string;
  /** What is stored of it; null: nothing, or that is not known. */
  readonly known: KnownPayment | null;
}

export interface PaymentReader {
  /** Asks now; nothing is remembered. All calls together end within the limits. Only an abort by the caller is thrown. */
  read(question: PaymentQuestion, limits: CallLimits): Promise<PaymentReading>;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

/** Creates the reader of the configured accounts; opens no connection yet. */
export function createPaymentReader(config: Config, clock: Clock): PaymentReader {
  const sources: Sources = {
    ecom: createEcomSource(config, clock, READS_PER_MINUTE),
    mapi: createMapiSource(config, clock),
  };
  const quota = createQuota(READS_PER_MINUTE, MINUTE_MS, clock);
  return {
    async read(question, { timeoutMs, signal }) {
      const plan = planFor(question, sources);
      if (plan.outcome === 'no_account') return plan;
      const place = quota.take();
      if (place.outcome === 'used_up') return place;
      const endsAtMs = clock.elapsed() + timeoutMs;
      for (const ask of plan.asks) {
        const leftMs = Math.max(1, Math.ceil(endsAtMs - clock.elapsed()));
        const answer = await ask(plan.name, { timeoutMs: leftMs, signal });
        // A source that failed may know the payment, so that a later one does not know it proves nothing.
        if (answer.outcome !== 'unknown') return answer;
      }
      return { outcome: 'unknown' };
    },
    async close() {
      await Promise.all([sources.ecom?.close(), sources.mapi?.close()]);
    },
  };
}

interface Sources {
  readonly ecom: EcomSource | null;
  readonly mapi: MapiSource | null;
}

/** Which sources to ask, one after the other, until one knows the payment. */
type Plan =
  | { readonly outcome: 'planned'; readonly name: string; readonly asks: readonly Ask[] }
  | Extract<PaymentReading, { outcome: 'no_account' }>;

function planFor({ name, known }: PaymentQuestion, { ecom, mapi }: Sources): Plan {
  if (known !== null) {
    const source = known.provider === 'resurs-mapi' ? mapi : ecom;
    if (source === null) return { outcome: 'no_account', missing: [known.provider] };
    return { outcome: 'planned', name: known.paymentId, asks: [source.byId] };
  }
  const asks = [
    mapi !== null && isUuid(name) ? mapi.byId : null,
    ecom?.byId ?? null,
    mapi !== null && isOrderReference(name) ? mapi.byOrderReference : null,
  ].filter((ask) => ask !== null);
  if (asks.length > 0) return { outcome: 'planned', name, asks };
  return { outcome: 'no_account', missing: mapi === null ? ['resurs-ecom', 'resurs-mapi'] : ['resurs-ecom'] };
}
