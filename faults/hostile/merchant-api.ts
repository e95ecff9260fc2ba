/** Runs the Merchant API that confirms payments: it holds every payment whose id begins as `KNOWN_PREFIX`. */
import { respondJson, startMerchantApi } from '../../test/harness/merchant-api.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { heldOrder, KNOWN_PREFIX } from './mapi-endpoint.ts';

/** The settings of an account there. */
export interface MapiAccount {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Listens on a free port. Closing it is added to `cleanup`. */
export async function startConfirmingApi(cleanup: Cleanup): Promise<MapiAccount> {
  const api = await startMerchantApi();
  cleanup.push(api.close);
  api.override(`/v2/payments/${KNOWN_PREFIX}`, ({ path, headers }, response) => {
    if (headers.authorization?.startsWith('Bearer token-') !== true) return respondJson(response, 401, {});
    const id = path.slice('/v2/payments/'.length);
    const amounts = {
      totalOrderAmount: 1,
      canceledAmount: 0,
      authorizedAmount: 1,
      capturedAmount: 0,
      refundedAmount: 0,
    };
    const order = { orderReference: heldOrder(id), actionLog: [], possibleActions: [], ...amounts };
    const created = '2026-11-20T12:00:00Z';
    respondJson(response, 200, { id, created, storeId: 'store-1', customer: {}, status: 'ACCEPTED', order });
  });
  return api;
}
