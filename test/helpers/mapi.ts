/** Sends callbacks of the Merchant API as Resurs does, to a receiver whose settings name their path. */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { type MerchantApi, startMerchantApi } from '../harness/merchant-api.ts';
import { type RawResponse, send } from './callbacks.ts';
import { assertResponse, type ExpectedResponse } from './responses.ts';
import { STATUS_TOKEN, startTestService, type TestService, type TestServiceOptions } from './service.ts';

export const MAPI_PATH = '/callbacks/mapi';
export const MAPI_TOKEN = 'a-callback-token-of-the-tests-5Gk8';
/** Settings of a receiver whose callbacks carry a token. */
export const WITH_TOKEN = { MAPI_CALLBACK_PATHS: MAPI_PATH, MAPI_CALLBACK_TOKEN: MAPI_TOKEN };

/** A body of an AUTHORIZATION. */
export function authorization(paymentId: string, status = 'AUTHORIZED', rest: object = {}): string {
  return JSON.stringify({ paymentId, status, created: '2026-11-20T12:00:00.123456Z', ...rest });
}

/** A body of a MANAGEMENT. */
export function management(paymentId: string, action: string, actionId: string = randomUUID()): string {
  return JSON.stringify({ paymentId, action, actionId, created: '2026-11-20T12:00:00Z' });
}

/** A body of a CREDIT_APPLICATION. */
export function application(applicationId: string, status = 'ACCEPTED'): string {
  return JSON.stringify({ applicationId, status, created: '2026-11-20T12:00:00Z' });
}

/** Returns the target of a callback; `rest` begins behind the path, and the token is appended to it. */
export function mapiTarget(rest = '', token: string | null = MAPI_TOKEN): string {
  if (token === null) return `${MAPI_PATH}${rest}`;
  return `${MAPI_PATH}${rest}${rest.includes('?') ? '&' : '?'}token=${token}`;
}

/** Posts one body. */
export function post(receiver: Pick<TestService, 'url'>, target: string, body?: string | Buffer): Promise<RawResponse> {
  const headers = { 'content-type': 'application/json' };
  return send(receiver.url, target, body === undefined ? { method: 'POST' } : { method: 'POST', headers, body });
}

/** Sets a mocked error. */
export async function putMockError(receiver: Pick<TestService, 'service'>, mock: object): Promise<void> {
  const headers = { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify(mock);
  await send(receiver.service.urls.status, '/mock-error', { method: 'PUT', headers, body });
}

/** Checks the whole response to a callback of the Merchant API. */
export function assertMapiResponse(response: RawResponse, expected: Omit<ExpectedResponse, 'provider'>): void {
  assertResponse(response, { ...expected, provider: 'resurs-mapi' });
}

export interface ConfirmingReceiver {
  readonly receiver: TestService;
  readonly api: MerchantApi;
  /** Settings of the account, for a second receiver. */
  readonly account: Record<string, string>;
}

/** Starts a receiver without a token, and the Merchant API that confirms its payments. */
export async function startConfirmingReceiver(
  t: TestContext,
  { env = {}, ...options }: TestServiceOptions = {},
): Promise<ConfirmingReceiver> {
  const api = await startMerchantApi();
  t.after(api.close);
  const account = {
    MAPI_CALLBACK_PATHS: MAPI_PATH,
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };
  return { receiver: await startTestService(t, { ...options, env: { ...account, ...env } }), api, account };
}
