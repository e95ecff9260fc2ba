/**
 * Turns what reconciliation found of a payment into the event to store. The same facts of a payment give the same
 * identity, so that two runs report them once. Keys of identities are stored: a change of what goes into them makes a
 * repeat a new event.
 */
import { hash } from 'node:crypto';
import type { Provider } from '../db/schema.ts';
import type { NewEvent } from '../events/event.ts';
import { type Found, RECONCILED_CALLBACK, RECONCILED_TYPE } from '../events/missed.ts';

/** A payment of which facts were missed. */
export interface MissedPayment extends Found {
  readonly provider: Provider;
  /** In lower case for the Merchant API. */
  readonly paymentId: string;
  /**
   * Tells a fact from the same fact of another time: the id of the event that it ends, as of the freeze that was lifted.
   * Null where the fact happens once.
   */
  readonly follows: string | null;
}

/** Creates the event. No callback came, so nothing of it was checked but that the payment exists. */
export function toReconciledEvent(found: MissedPayment, dedupeWindowMs: number): NewEvent {
  const { provider, paymentId, payment, missed, follows } = found;
  const material = JSON.stringify([missed.facts, missed.actions.toSorted(), follows]);
  return {
    provider,
    paymentKey: paymentId,
    paymentId,
    orderReference: provider === 'resurs-ecom' ? paymentId : payment.orderReference,
    callback: RECONCILED_CALLBACK,
    type: RECONCILED_TYPE,
    result: null,
    method: 'GET',
    registeredAt: null,
    parameters: {},
    body: null,
    verified: { digest: false, result: true, basicAuth: false, source: false, token: false, api: true },
    identity: {
      key: `${RECONCILED_CALLBACK}:${hash('sha256', material, 'hex')}`,
      aliasKey: null,
      windowMs: dedupeWindowMs,
      endedKeys: [],
    },
    found: { missed, payment },
  };
}
