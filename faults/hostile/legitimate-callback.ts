/** The legitimate callbacks that go on during the attack: two in three of eCom, the third of the Merchant API. */
import { hash } from 'node:crypto';
import type { Random } from '../../src/lib/clock.ts';
import { type Endpoint, validDigest, validGuardHeaders, validSource } from './endpoint.ts';
import type { ExpectedEvent } from './expected-event.ts';
import { hasToken, heldOrder, KNOWN_PREFIX, MAPI_PATH, uuidFrom, withToken } from './mapi-endpoint.ts';
import { head, withBody } from './request.ts';

export interface LegitimateRequest {
  readonly text: string;
  readonly expectedEvent: ExpectedEvent;
}

const MAPI_EVERY = 3;
const TYPES = ['BOOKED', 'UPDATE', 'UNFREEZE', 'FINALIZATION', 'ANNULMENT'] as const;

/** Makes the callback with this number. */
export function legitimateRequest(endpoint: Endpoint, random: Random, number: number): LegitimateRequest {
  return number % MAPI_EVERY === 0 ? mapiRequest(endpoint, random, number) : ecomRequest(endpoint, random, number);
}

function ecomRequest(endpoint: Endpoint, random: Random, number: number): LegitimateRequest {
  const paymentId = `legitimate-${number}`;
  const type = TYPES[number % TYPES.length] ?? 'BOOKED';
  const digest = validDigest(endpoint, paymentId, { type, t: null });
  const body = number % 2 === 0 ? `{"paymentDiff":{"type":"DEBIT","transactionId":"${number}"}}` : null;
  const method = body === null ? 'GET' : 'POST';
  const target = `/callbacks/resurs?c=${type}&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  const request = { method, target, headers: validGuardHeaders(random, endpoint) };
  const origin = { provider: 'resurs-ecom', paymentId, orderReference: null, callback: type, result: null } as const;
  return {
    text: body === null ? head(request) : withBody(request, body),
    expectedEvent: { ...origin, method, ...contentOf(body) },
  };
}

function mapiRequest(endpoint: Endpoint, random: Random, number: number): LegitimateRequest {
  const paymentId = uuidFrom(KNOWN_PREFIX, number, 0);
  const order = `order-${number}`;
  const isManagement = number % 2 === 0;
  const [callback, result] = isManagement
    ? (['MANAGEMENT', 'CAPTURE'] as const)
    : (['AUTHORIZATION', 'FROZEN'] as const);
  const word = isManagement ? `"action":"CAPTURE","actionId":"${paymentId}"` : '"status":"FROZEN"';
  const body = `{"paymentId":"${paymentId}",${word},"created":"2026-11-20T12:00:00.123456Z"}`;
  const target = withToken(random, endpoint, `${MAPI_PATH}/${callback.toLowerCase()}?order=${order}`);
  const headers = `${validSource(random, endpoint)}Content-Type: application/json\r\n`;
  // What the account holds of the payment counts more than what the URL says.
  const orderReference = hasToken(endpoint) ? order : heldOrder(paymentId);
  const origin = { provider: 'resurs-mapi', paymentId, orderReference, callback, result } as const;
  return {
    text: withBody({ method: 'POST', target, headers }, body),
    expectedEvent: { ...origin, method: 'POST', ...contentOf(body) },
  };
}

function contentOf(body: string | null): Pick<ExpectedEvent, 'parameters' | 'body' | 'registeredAt'> {
  return { parameters: {}, body: body === null ? null : hash('sha256', body), registeredAt: null };
}
