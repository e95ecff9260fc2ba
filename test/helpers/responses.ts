/**
 * What contract 4.2 says of every answer, written down a second time: the test of the table must not read the table.
 * One look at an answer checks status, reason phrase, JSON and headers together, since they must never disagree.
 */
import assert from 'node:assert/strict';
import type { RawAnswer } from './callbacks.ts';

export interface Expected {
  readonly status: number;
  readonly reason: string;
  /** The type that was received, where one is known. */
  readonly actual?: string;
}

/** 202, 406 and 410 are part of the ordinary talk with Resurs; 204 has no body to say so. */
const ALIVE = [202, 204, 406, 410];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Checks the whole answer to a callback. `actual` is empty when it is left out. */
export function assertAnswer(answer: RawAnswer, { status, reason, actual = '' }: Expected): void {
  assert.deepEqual([answer.status, answer.reason], [status, reason]);
  assertFacts(answer, { status, reason, actual });
  if (status === 204) {
    assert.equal(answer.body, '');
    return;
  }

  assert.match(String(answer.headers['content-type']), /^application\/json\b/);
  assert.deepEqual(JSON.parse(answer.body), {
    aliveConfirm: ALIVE.includes(status),
    actual,
    digestCode: status,
    errors: ALIVE.includes(status) ? { code: 0, message: '' } : { code: status, message: reason },
  });
}

/** The headers alone, for an answer to HEAD. */
export function assertFacts({ headers }: RawAnswer, { status, reason, actual = '' }: Expected): void {
  const facts = ['actual', 'digest-code', 'reason', 'alive-confirm'].map((name) => headers[`x-callback-${name}`]);
  assert.deepEqual(facts, [actual, String(status), reason, String(ALIVE.includes(status))]);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['x-request-id']), UUID);
  assert.equal(headers.location, undefined);
  assert.equal(headers['retry-after'] !== undefined, status === 503, 'Retry-After belongs to 503 and only to it');
  assert.equal(headers['www-authenticate'] !== undefined, status === 401, 'WWW-Authenticate belongs to 401');
  assert.equal(headers.allow !== undefined, status === 405, 'Allow belongs to 405');
}

/** Checks a 204 for a callback that was taken. */
export function assertTaken(answer: RawAnswer, actual: string): void {
  assertAnswer(answer, { status: 204, reason: actual === 'TEST' ? 'Test OK' : 'OK', actual });
}
