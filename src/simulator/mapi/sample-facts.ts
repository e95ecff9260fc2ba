/**
 * The sample callbacks of the Merchant API. The paymentId of a sample is the order reference here, and the payment has a
 * UUID that is made of it. Pure data.
 */

import type { Snapshot } from '../../payments/snapshot.ts';
import type { MapiKind } from '../../protocol/mapi/body.ts';
import { fact, type LifeCallback } from '../life-callback.ts';
import type { SampleBody, SampleMoment } from '../sample-bodies.ts';
import { uuidFrom } from './ids.ts';
import { paymentOf } from './scenario.ts';

/** What happened to a payment or an application; `part` tells the parts of one payment apart. */
interface MapiFact {
  readonly kind: MapiKind;
  readonly word: string;
  readonly part?: number;
  readonly snapshot?: LifeCallback['snapshot'];
}

export const MAPI_FACTS = {
  mapiAuthorized: mapiFact('authorized', { kind: 'AUTHORIZATION', word: 'AUTHORIZED' }),
  mapiFrozen: mapiFact('frozen', { kind: 'AUTHORIZATION', word: 'FROZEN' }),
  mapiRejected: mapiFact('rejected', { kind: 'AUTHORIZATION', word: 'REJECTED' }),
  mapiInspection: mapiFact('inspection', { kind: 'AUTHORIZATION', word: 'INSPECTION' }),
  mapiCreditApproved: mapiFact('credit approved', { kind: 'AUTHORIZATION', word: 'CREDIT_APPROVED' }),
  mapiCaptured: mapiFact('captured', { kind: 'AUTHORIZATION', word: 'CAPTURED' }),
  mapiCapture: mapiFact('capture', { kind: 'MANAGEMENT', word: 'CAPTURE' }),
  mapiSecondCapture: mapiFact('second capture', { kind: 'MANAGEMENT', word: 'CAPTURE', part: 2 }),
  mapiRefund: mapiFact('refund', { kind: 'MANAGEMENT', word: 'REFUND' }),
  mapiCancel: mapiFact('cancel', { kind: 'MANAGEMENT', word: 'CANCEL' }),
  mapiModified: mapiFact('order modified', { kind: 'MANAGEMENT', word: 'MODIFY_ORDER' }),
  /** Resurs adds words without notice; this one is invented. */
  mapiUnknown: mapiFact('unknown status', { kind: 'AUTHORIZATION', word: 'DISPUTED' }),
  mapiRead: mapiFact('authorized, read', { kind: 'AUTHORIZATION', word: 'AUTHORIZED', snapshot: authorizedSnapshot }),
  mapiNotRead: mapiFact('authorized, not read', {
    kind: 'AUTHORIZATION',
    word: 'AUTHORIZED',
    snapshot: () => ({
      payment: null,
      paymentError: 'GET /v2/payments/…: 503 Service Unavailable; the payment was not read within 60 s',
    }),
  }),
  applicationInspection: mapiFact('inspection of an application', { kind: 'CREDIT_APPLICATION', word: 'INSPECTION' }),
  applicationApproved: mapiFact('credit approved', { kind: 'CREDIT_APPLICATION', word: 'CREDIT_APPROVED' }),
  applicationAccepted: mapiFact('application accepted', { kind: 'CREDIT_APPLICATION', word: 'ACCEPTED' }),
  applicationRejected: mapiFact('application rejected', { kind: 'CREDIT_APPLICATION', word: 'REJECTED' }),
  applicationUnknown: mapiFact('application with an unknown status', { kind: 'CREDIT_APPLICATION', word: 'EXPIRED' }),
} as const satisfies Record<string, LifeCallback>;

function mapiFact(name: string, { kind, word, part = 1, snapshot = null }: MapiFact): LifeCallback {
  const body = bodyOf(kind, word, part);
  return fact(name, kind, { provider: 'resurs-mapi', result: word, body, snapshot });
}

function bodyOf(kind: MapiKind, word: string, part: number): SampleBody {
  return ({ paymentId: reference, at }) => {
    const { paymentId } = paymentOf(reference);
    const created = at.toISOString();
    switch (kind) {
      case 'AUTHORIZATION':
        return JSON.stringify({ paymentId, status: word, created });
      case 'MANAGEMENT':
        return JSON.stringify({ paymentId, action: word, actionId: uuidFrom(paymentId, word, `${part}`), created });
      case 'CREDIT_APPLICATION':
        return JSON.stringify({ applicationId: uuidFrom('application', reference), status: word, created });
    }
  };
}

function authorizedSnapshot({ paymentId: orderReference, at }: SampleMoment): Snapshot {
  return {
    payment: {
      readAt: at.toISOString(),
      state: 'authorized',
      frozen: false,
      orderReference,
      statuses: ['ACCEPTED'],
      amounts: { total: '300.00', authorized: '300.00', captured: '0.00', refunded: '0.00', annulled: '0.00' },
      rejectedReason: null,
    },
  };
}
