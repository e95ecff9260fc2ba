/** What database errors mean: for the caller, for the connection, and for the operator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MissingPasswordError } from '../../src/db/connection/missing-password.ts';
import { UnsuitableServerError } from '../../src/db/connection/unsuitable-server.ts';
import {
  classifyDatabaseError,
  connectionStateAfter,
  databaseFix,
  isDatabaseUnavailable,
  isWrongServer,
  markDatabaseError,
  UnconfirmedCommitError,
} from '../../src/db/errors.ts';

function coded(code: string, severity = 'ERROR', message = 'words'): Error {
  return Object.assign(new Error(message), { code, severity });
}

const STATES = [
  ['an ordinary error', coded('22P02'), 'usable'],
  ['a statement timeout', coded('57014'), 'usable'],
  ['a value that cannot be read', new RangeError('bigint'), 'usable'],
  ['a server that ends the connection', coded('57P01', 'FATAL'), 'closed'],
  ['a server that crashes', coded('57P02', 'FATAL'), 'closed'],
  ['a server that only reads', coded('25006'), 'closed'],
  ['a violation of the protocol', coded('08P01', 'ERROR'), 'closed'],
  ['a commit that was not confirmed', new UnconfirmedCommitError(), 'closed'],
  ['no response', new Error('Query read timeout'), 'silent'],
  ['a reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'lost'],
  ['a broken pipe', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 'lost'],
  ['an unexpected end', new Error('Connection terminated unexpectedly'), 'lost'],
] as const;

for (const [name, error, expected] of STATES) {
  test(`after ${name} the connection is ${expected}`, () => {
    assert.equal(connectionStateAfter(error), expected);
  });
}

test('a broken pipe and an unconfirmed commit are no defects: Resurs tries again', () => {
  const errors = [Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), new UnconfirmedCommitError()];

  assert.deepEqual(errors.map(classifyDatabaseError), ['unavailable', 'unavailable']);
});

test('25006 and 57P01 to 57P03 mean that another server may be the primary', () => {
  const wrong = ['25006', '57P01', '57P02', '57P03'].map((code) => isWrongServer(coded(code)));
  const right = ['57014', '53300', '22P02'].map((code) => isWrongServer(coded(code)));

  assert.deepEqual([wrong, right], [Array(4).fill(true), Array(3).fill(false)]);
});

test('only an error of a statement says that the database is unavailable', () => {
  const [ofStatement, ofProgram] = [new Error('timeout'), new Error('timeout')];
  markDatabaseError(ofStatement);
  const defect = markDatabaseError(coded('42P01'));

  assert.deepEqual([ofStatement, ofProgram, defect].map(isDatabaseUnavailable), [true, false, false]);
});

const FIXES = [
  [coded('28P01'), /user and password in DATABASE_URL/],
  [coded('3D000'), /Create the database/],
  [coded('08P01'), /ignore_startup_parameters/],
  [coded('53300'), /max_connections.*DATABASE_POOL_SIZE/],
  [coded('53100'), /disk space/],
  [coded('25006'), /primary/],
  [coded('42501'), /roles\.sql/],
  [coded('42883'), /migrate/],
  [Object.assign(new Error(''), { code: 'ENOTFOUND' }), /host name/],
  [Object.assign(new Error(''), { code: 'ECONNREFUSED' }), /Postgres runs/],
  [Object.assign(new Error(''), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), /sslrootcert/],
  [new Error('The server does not support SSL connections'), /sslmode/],
  [new UnsuitableServerError('it is a standby', { fix: 'Use the primary' }), /^Use the primary\.$/],
  [coded('XX000'), /log of Postgres/],
  [new Error('no answer within 1.9 s'), /host and port/],
  [new Error('Query read timeout'), /standby of synchronous_standby_names/],
  [new UnconfirmedCommitError(), /standby of synchronous_standby_names/],
  [new MissingPasswordError(), /a password/],
] as const;

for (const [error, fix] of FIXES) {
  test(`the fix of ${'code' in error ? error.code : error.message} matches ${fix.source}`, () => {
    assert.match(databaseFix(error), fix);
  });
}
