/**
 * Client of getPayment, an operation of Resurs' AfterShopFlowService. A payment that Resurs does not know is an outcome
 * of its own. Only an abort by the caller is thrown. Nothing about the customer leaves this file: of a payment only the
 * members of EcomPayment are read, and Resurs' words for a refusal are replaced by the name of its error.
 */
import type { EcomPayment } from '../payments/ecom-payment.ts';
import { AFTER_SHOP, explainWithoutCustomer as explain } from './after-shop.ts';
import type { ResursFailure } from './failure.ts';
import type { ClientOptions } from './http.ts';
import { parsePayment } from './payment-parser.ts';
import { secretsIn } from './redact.ts';
import { callSoap } from './soap-call.ts';
import { isXmlText, xml } from './xml.ts';

/** What Resurs says of a payment. */
export type PaymentResult =
  | { readonly outcome: 'found'; readonly payment: EcomPayment }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface PaymentClient {
  read(paymentId: string, signal: AbortSignal): Promise<PaymentResult>;
}

/** Creates a client of one account. It keeps no state between calls, so several may run at once. */
export function createPaymentClient(options: ClientOptions): PaymentClient {
  return {
    async read(paymentId, signal) {
      // No request can name such a payment, so Resurs has none.
      if (!isXmlText(paymentId)) return { outcome: 'unknown' };
      const secrets = secretsIn(options.account, null);
      const parts = [xml`<paymentId>${paymentId}</paymentId>`];
      const read = { service: AFTER_SHOP, name: 'getPayment', subject: paymentId, isRepeatable: true };
      const call = { ...read, parts, secrets, explain };
      const result = await callSoap(options, call, signal);
      if (result.outcome === 'failed')
        return result.failure.kind === 'does_not_exist' ? { outcome: 'unknown' } : result;
      const parsed = parsePayment(result.value, paymentId);
      if (parsed.outcome === 'read') return { outcome: 'found', payment: parsed.payment };
      return { outcome: 'failed', failure: notUnderstood(paymentId, parsed.problem) };
    },
  };
}

function notUnderstood(paymentId: string, problem: string): ResursFailure {
  const operation = `getPayment ${paymentId}`;
  return {
    channel: 'SOAP',
    operation,
    kind: 'not_understood',
    status: 200,
    code: null,
    text: `the response ${problem}`,
  };
}
