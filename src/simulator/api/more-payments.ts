/**
 * The request for more payments, which Resurs does not have: a person or a script asks the fake for another round of
 * callbacks without a restart. It needs the credentials of the account, like everything else there.
 */
import type { ApiRequest, ApiResponse } from './protocol.ts';

/** Below the origin of the REST interface; `count` in the query is the number of payments. */
export const MORE_PAYMENTS_PATH = '/simulator/payments';

const MAX_PAYMENTS = 100_000;

/** The answer to a request for more payments. `unregistered`: these types have to be registered first. */
export type MorePaymentsResult =
  | { readonly outcome: 'started'; readonly firstPaymentId: string }
  | { readonly outcome: 'unregistered'; readonly types: readonly string[] };

/** Starts a round of payments without waiting for its callbacks. */
export type StartPayments = (count: number) => MorePaymentsResult;

/** Responds to a request whose path is MORE_PAYMENTS_PATH; `count` is null when the query has none. */
export function respondToMorePayments(
  { method }: Pick<ApiRequest, 'method'>,
  count: string | null,
  start: StartPayments,
): ApiResponse {
  if (method !== 'POST') return json(405, { error: 'Use POST.' });
  const payments = /^[1-9]\d{0,5}$/.test(count ?? '1') ? Number(count ?? '1') : 0;
  if (payments < 1 || payments > MAX_PAYMENTS) return json(400, { error: `count is not 1 to ${MAX_PAYMENTS}` });
  const result = start(payments);
  switch (result.outcome) {
    case 'started':
      return json(202, { payments, firstPaymentId: result.firstPaymentId });
    case 'unregistered':
      return json(409, { error: `Register these types first: ${result.types.join(', ')}` });
  }
}

function json(status: number, value: unknown): ApiResponse {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
