/**
 * Each callback leaves one log line with what an operator needs to follow it, and no secrets: no digest, salt or
 * password, no body and no URL. The log is read as it was written.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { signTest } from '../../src/protocol/ecom/test-signature.ts';
import { type SendOptions, send, target } from '../helpers/callbacks.ts';
import { lockTables, storedEvents } from '../helpers/database-state.ts';
import { startTestService } from '../helpers/service.ts';

const PASSWORD = 'Passw0rd-that-is-never-logged';
const KEY = 'a-master-key-that-is-never-logged-012345';
const FIXED_SALT = 'a-salt-that-is-never-logged';
const BODY_TEXT = 'body-text-that-is-never-logged';
const PARAMETER = 'parameter-that-is-never-logged';
const VALID_CREDENTIALS = { authorization: `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}` };

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const receiver = await startTestService(t, { env });
  const lines = () => receiver.log.filter(({ event }) => event === 'callback.received');
  return { receiver, lines };
}

test('a callback leaves one log line with its outcome', async (t) => {
  const { receiver, lines } = await setup(t);

  const response = await send(receiver.url, target('unfreeze', '100000016'), { method: 'POST', body: '{}' });

  const [event] = await storedEvents(receiver);
  const [line, ...more] = lines();
  assert.deepEqual(more, []);
  const { time, durationMs, ...fields } = line ?? {};
  assert.deepEqual(fields, {
    level: 'info',
    event: 'callback.received',
    provider: 'resurs-ecom',
    requestId: response.headers['x-request-id'],
    outcome: 'recorded',
    status: 204,
    type: 'UNFREEZE',
    paymentId: '100000016',
    eventId: `evt_${event?.id}`,
    method: 'POST',
    source: '127.0.0.1',
  });
  assert.ok(typeof durationMs === 'number' && Number.isInteger(durationMs) && durationMs >= 0);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('the log line of a repeated callback names the same event', async (t) => {
  const { receiver, lines } = await setup(t);

  await send(receiver.url, target('UNFREEZE', '100000016'));
  await send(receiver.url, target('UNFREEZE', '100000016'));

  const [first, second] = lines();
  assert.deepEqual([first?.outcome, second?.outcome], ['recorded', 'duplicate']);
  assert.equal(second?.eventId, first?.eventId);
});

test('every response has a log line with its level and reason', async (t) => {
  const { receiver, lines } = await setup(t, { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' });
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  const huge = { method: 'POST', body: Buffer.alloc(256 * 1024 + 1) };
  const cases: [string, SendOptions, string, string][] = [
    ['/callbacks/resurs?c=UNFREEZE', {}, 'malformed', 'warn'],
    ['/callbacks/resurs?c=UNFREEZE&p=1', {}, 'digest_rejected', 'warn'],
    [target('UNFREEZE', '1'), {}, 'not_ours', 'warn'],
    [target('UNFREEZE', '1'), { method: 'PUT' }, 'wrong_method', 'info'],
    [target('UNFREEZE', '1'), huge, 'body_too_large', 'info'],
    ['/callbacks/resurs/no/such/shape', {}, 'unknown_path', 'info'],
    ['/callbacks/resurs?c=TEST', {}, 'test_taken', 'info'],
    [target('UNFREEZE', 'SHOP-1'), {}, 'try_again', 'error'],
  ];

  for (const [url, sending] of cases) await send(receiver.url, url, sending);
  await lock.release();

  assert.deepEqual(
    lines().map(({ outcome, level }) => [outcome, level]),
    cases.map(([, , outcome, level]) => [outcome, level]),
  );
  assert.deepEqual(
    [lines()[0]?.reason, lines()[0]?.type, lines()[0]?.paymentId],
    ['paymentId is missing', 'UNFREEZE', null],
  );
  assert.equal(typeof lines()[7]?.reason, 'string');
});

test('no digest, salt, password, body text or URL is ever logged', async (t) => {
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: PASSWORD };
  const { receiver, lines } = await setup(t, {
    ...basic,
    DIGEST_KEY: KEY,
    DIGEST_SALT: FIXED_SALT,
    LOG_LEVEL: 'trace',
  });
  const extra = `&t=1700000000&note=${PARAMETER}`;
  const derived = target('BOOKED', '1', { salt: deriveSalt(KEY, 'BOOKED', '1700000000'), extra });
  const wrong = target('BOOKED', '1', { salt: 'wrong', extra });
  const param1 = '0123456789abcdef0123456789abcdef';
  const signature = signTest(KEY, param1, '1700000000');
  const full = { method: 'POST', headers: VALID_CREDENTIALS, body: `{"text":"${BODY_TEXT}` };
  const sendings: [string, SendOptions][] = [
    [derived, full],
    [target('UPDATE', '1', { salt: FIXED_SALT, extra }), full],
    [wrong, full],
    [
      derived,
      { ...full, headers: { authorization: `Basic ${Buffer.from('resurs:wrong-password').toString('base64')}` } },
    ],
    [`/callbacks/resurs/booked/${PARAMETER}/x`, { headers: VALID_CREDENTIALS }],
    [`/${PARAMETER}`, { headers: VALID_CREDENTIALS }],
    [`/callbacks/resurs?c=TEST&param1=${param1}&param2=1700000000&param5=${signature}`, { headers: VALID_CREDENTIALS }],
  ];
  for (const [url, sending] of sendings) await send(receiver.url, url, sending);
  await receiver.query('alter table identities rename column expires_at to renamed');
  const failed = await send(receiver.url, target('UPDATE', '2', { salt: FIXED_SALT, extra }), full);
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  await send(receiver.url, target('UPDATE', '3', { salt: FIXED_SALT, extra }), full);
  await lock.release();

  const text = receiver.logText();

  assert.equal(failed.status, 500);
  assert.equal(lines().length, sendings.length - 1 + 2);
  const secrets = [
    PASSWORD,
    VALID_CREDENTIALS.authorization,
    'wrong-password',
    KEY,
    FIXED_SALT,
    BODY_TEXT,
    PARAMETER,
    signature,
    param1,
  ];
  const digests = [derived, wrong].map((url) => new URLSearchParams(url.split('?')[1]).get('d') ?? '');
  const salts = [deriveSalt(KEY, 'BOOKED', '1700000000'), computeDigest('sha1', '1', FIXED_SALT)];
  for (const secret of [...secrets, ...digests, ...salts, '/callbacks/resurs', '?c=']) {
    assert.equal(text.toLowerCase().includes(secret.toLowerCase()), false, secret);
  }
});
