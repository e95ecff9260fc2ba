/**
 * Checks responses to callbacks against contract 4.2, written down a second time: the test of the table must not read
 * the table. One assertion covers status, reason phrase, JSON and headers together, since they must never disagree.
 */
import assert from 'node:assert/strict';
import type { RawResponse } from './callbacks.ts';

export interface ExpectedResponse {
  readonly status: number;
  readonly reason: string;
  /** The received type, if one is known. */
  readonly actual?: string;
  /** The interface that the callback is of: Basic credentials are asked of eCom's alone. */
  readonly provider?: 'resurs-ecom' | 'resurs-mapi';
}

/** 202, 204, 406 and 410 are normal operation; a 204 says so in its headers alone. */
const ALIVE_STATUSES = [202, 204, 406, 410];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Checks the whole response to a callback. `actual` is empty when it is left out. */
export function assertResponse(response: RawResponse, expected: ExpectedResponse): void {
  const { status, reason, actual = '' } = expected;
  assert.deepEqual([response.status, response.reason], [status, reason]);
  assertResponseHeaders(response, expected);
  if (status === 204) {
    assert.equal(response.body, '');
    return;
  }

  assert.match(String(response.headers['content-type']), /^application\/json\b/);
  assert.deepEqual(JSON.parse(response.body), {
    aliveConfirm: ALIVE_STATUSES.includes(status),
    actual,
    digestCode: status,
    errors: ALIVE_STATUSES.includes(status) ? { code: 0, message: '' } : { code: status, message: reason },
  });
}

/** Checks the headers alone, for a response to HEAD. */
export function assertResponseHeaders(
  { headers }: RawResponse,
  { status, reason, actual = '', provider = 'resurs-ecom' }: ExpectedResponse,
): void {
  const repeated = ['actual', 'digest-code', 'reason', 'alive-confirm'].map((name) => headers[`x-callback-${name}`]);
  assert.deepEqual(repeated, [actual, String(status), reason, String(ALIVE_STATUSES.includes(status))]);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['x-request-id']), UUID);
  assert.equal(headers.location, undefined);
  assert.equal(headers['retry-after'] !== undefined, status === 503, 'Retry-After belongs to 503 and only to it');
  const asksForBasic = status === 401 && provider === 'resurs-ecom';
  assert.equal(headers['www-authenticate'] !== undefined, asksForBasic, 'WWW-Authenticate belongs to 401 of eCom');
  assert.equal(headers.allow !== undefined, status === 405, 'Allow belongs to 405');
}

/** Checks the 204 of an accepted callback. */
export function assertAccepted(response: RawResponse, actual: string): void {
  assertResponse(response, { status: 204, reason: actual === 'TEST' ? 'Test OK' : 'OK', actual });
}
