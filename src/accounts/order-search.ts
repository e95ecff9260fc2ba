/**
 * Finds the payment of an order by the shop's reference, in one store or in all stores of the account. The stores are
 * asked for once a day. Only an abort by the caller is thrown.
 */
import type { Clock } from '../lib/clock.ts';
import type { MapiPayment } from '../payments/mapi-payment.ts';
import type { ResursResult } from '../resurs/failure.ts';
import type { MapiClient, MapiPaymentResult } from '../resurs/mapi.ts';
import type { CallLimits } from '../resurs/mapi-call.ts';

export interface OrderSearchOptions {
  readonly client: Pick<MapiClient, 'payment' | 'search' | 'stores'>;
  /** Null: all stores. */
  readonly storeId: string | null;
  readonly clock: Pick<Clock, 'elapsed'>;
}

export interface OrderSearch {
  /** Finds the payment; of several the first that is not rejected. All calls together end within the limits. */
  find(orderReference: string, limits: CallLimits): Promise<MapiPaymentResult>;
}

/** What Resurs takes as an order reference. */
const ORDER_REFERENCE = /^[\w-]{1,36}$/;
const DAY_MS = 86_400_000;
/** A shop has few stores; more are searched in turns. */
const STORES_AT_ONCE = 5;

/** True if an order of the Merchant API may have this reference. */
export function isOrderReference(text: string): boolean {
  return ORDER_REFERENCE.test(text);
}

/** Creates it; nothing is asked yet. */
export function createOrderSearch({ client, storeId, clock }: OrderSearchOptions): OrderSearch {
  let known: { readonly ids: readonly string[]; readonly readAtMs: number } | null = null;

  async function stores(limits: CallLimits): Promise<ResursResult<readonly string[]>> {
    if (storeId !== null) return { outcome: 'done', value: [storeId] };
    if (known !== null && clock.elapsed() - known.readAtMs < DAY_MS) return { outcome: 'done', value: known.ids };
    const listed = await client.stores(limits);
    if (listed.outcome === 'done') known = { ids: listed.value, readAtMs: clock.elapsed() };
    return listed;
  }

  return {
    async find(orderReference, { timeoutMs, signal }) {
      const endsAtMs = clock.elapsed() + timeoutMs;
      const limits = () => ({ timeoutMs: Math.max(1, Math.floor(endsAtMs - clock.elapsed())), signal });
      const listed = await stores(limits());
      if (listed.outcome === 'failed') return listed;
      for (let first = 0; first < listed.value.length; first += STORES_AT_ONCE) {
        const some = listed.value.slice(first, first + STORES_AT_ONCE);
        const answers = await Promise.all(some.map((id) => client.search({ storeId: id, orderReference }, limits())));
        const payment = preferred(
          answers.flatMap((answer) => (answer.outcome === 'done' ? answer.value : [])),
          orderReference,
        );
        // A search leaves members out, so the payment itself is read.
        if (payment !== null) return client.payment(payment.id, limits());
        const failure = answers.find((answer) => answer.outcome === 'failed');
        if (failure !== undefined) return failure;
      }
      return { outcome: 'unknown' };
    },
  };
}

/** An order that was paid once more after a rejection has several payments. */
function preferred(found: readonly MapiPayment[], orderReference: string): MapiPayment | null {
  const own = found.filter(({ order }) => order === null || order.orderReference === orderReference);
  return own.find(({ status }) => status !== 'REJECTED') ?? own[0] ?? null;
}
