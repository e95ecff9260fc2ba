/** Summaries of errors for log lines: a SQLSTATE with the server's words, and never with what a customer has sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorSummary, sqlStateOf } from '../../src/lib/errors.ts';

function serverError(code: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR', ...more });
}

const WORDED = [
  ['08P01', 'unsupported startup parameter: statement_timeout'],
  ['28P01', 'password authentication failed for user "receiver"'],
  ['3D000', 'database "shop" does not exist'],
  ['25006', 'cannot execute INSERT in a read-only transaction'],
  ['53100', 'could not extend file "base/5/16412": No space left on device'],
  ['53300', 'sorry, too many clients already'],
  ['57P01', 'terminating connection due to administrator command'],
  ['57014', 'canceling statement due to statement timeout'],
  ['40P01', 'deadlock detected'],
  ['42P01', 'relation "events" does not exist'],
] as const;

for (const [code, message] of WORDED) {
  test(`${code} comes with the words of the server`, () => {
    assert.equal(errorSummary(serverError(code, `${message}\nand more`)), `${code} ${message}`);
  });
}

for (const code of ['22P02', '22021', '23514', '44000', 'P0001', '2F000', '38000', '39000']) {
  test(`${code} comes without words, which can quote stored data`, () => {
    assert.equal(errorSummary(serverError(code, 'invalid: "Ж"', { detail: 'Ж' })), code);
  });
}

test('a violated constraint is named', () => {
  const error = serverError('23505', 'duplicate key: Ж', { constraint: 'orders_pkey', detail: 'Key (id)=(Ж)' });

  assert.equal(errorSummary(error), '23505 (constraint orders_pkey)');
});

test('long words are cut', () => {
  assert.ok(errorSummary(serverError('XX000', 'x'.repeat(10_000))).length < 400);
});

test('EPIPE of a socket is no SQLSTATE', () => {
  const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

  assert.deepEqual([sqlStateOf(error), errorSummary(error)], [null, 'EPIPE']);
});

test('an error without a code is its first line, and anything else is unknown', () => {
  assert.deepEqual([errorSummary(new Error('one\ntwo')), errorSummary(null)], ['one', 'unknown error']);
});
