/**
 * Derived salts: with a master key every type and every registration has its own salt, so a leaked URL is worthless for
 * another type, and old registrations can be revoked. Also fixed salts of single types. Over HTTP.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { storedEvents } from '../helpers/database-state.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const KEY = 'a-master-key-of-the-tests-0123456789';
const PREVIOUS_KEY = 'the-master-key-before-it-0123456789ab';
const T = '1700000000';

/** Starts a service with these settings and no general salt; `statuses` sends the targets and returns the statuses. */
async function setup(t: TestContext, env: Record<string, string>) {
  const receiver = await startTestService(t, { env: { DIGEST_SALT: '', ...env } });
  const statuses = async (...targets: string[]) => {
    const responses = await Promise.all(targets.map((url) => send(receiver.url, url)));
    return responses.map(({ status }) => status);
  };
  return { receiver, statuses };
}

/** How a callback differs from a correctly signed one. */
interface Signing {
  readonly key?: string;
  readonly t?: string;
  readonly sentT?: string;
  readonly signedAs?: string;
  readonly extra?: string;
}

/** A callback signed with the salt derived from `key` for `signedAs`, which carries `t`. */
function derived(type: string, signing: Signing = {}): string {
  const { key = KEY, t = T, signedAs = type, extra = '' } = signing;
  const { sentT = t } = signing;
  return target(type, '100000016', { salt: deriveSalt(key, signedAs, t), extra: `&t=${sentT}${extra}` });
}

test('a digest with the salt of its type and registration is valid, and the registration time is stored', async (t) => {
  const { receiver } = await setup(t, { DIGEST_KEY: KEY });

  const response = await send(receiver.url, derived('UNFREEZE'));

  assertAccepted(response, 'UNFREEZE');
  const [event] = await storedEvents(receiver);
  assert.deepEqual([event?.registered_at, event?.verified.digest], [new Date(1_700_000_000_000), true]);
});

test('the digest of another type or registration, or without t, is rejected', async (t) => {
  const { statuses } = await setup(t, { DIGEST_KEY: KEY });

  const results = await statuses(
    derived('ANNULMENT', { signedAs: 'UNFREEZE' }),
    derived('UNFREEZE', { sentT: '1700000001' }),
    derived('UNFREEZE', { sentT: '01700000000' }),
    target('UNFREEZE', '100000016', { salt: deriveSalt(KEY, 'UNFREEZE', T) }),
    derived('UNFREEZE', { key: PREVIOUS_KEY }),
    target('UNFREEZE', '100000016', { salt: KEY, extra: `&t=${T}` }),
  );

  assert.deepEqual(results, [406, 406, 406, 406, 406, 406]);
});

test('the previous key is valid while it is set', async (t) => {
  const { statuses } = await setup(t, { DIGEST_KEY: KEY, DIGEST_KEY_PREVIOUS: PREVIOUS_KEY });

  const results = await statuses(
    derived('UNFREEZE', { key: PREVIOUS_KEY }),
    derived('ANNULMENT'),
    derived('BOOKED', { key: 'x' }),
  );

  assert.deepEqual(results, [204, 204, 406]);
});

test('registrations before DIGEST_VALID_FROM and in the far future are rejected', async (t) => {
  const { statuses } = await setup(t, { DIGEST_KEY: KEY, DIGEST_VALID_FROM: T });
  const nowSeconds = Math.floor(Date.now() / 1000);

  const results = await statuses(
    derived('UNFREEZE'),
    derived('UNFREEZE', { t: '1699999999' }),
    derived('UNFREEZE', { t: String(nowSeconds + 3_600) }),
    derived('UNFREEZE', { t: String(nowSeconds + 90_000) }),
  );

  assert.deepEqual(results, [204, 406, 204, 406]);
});

test('fixed salts stay valid beside the key, with and without t', async (t) => {
  const { statuses } = await setup(t, { DIGEST_KEY: KEY, DIGEST_SALT: SALT, DIGEST_VALID_FROM: '1800000000' });

  const results = await statuses(
    target('UNFREEZE', '100000016'),
    target('UNFREEZE', '100000016', { extra: `&t=${T}` }),
    derived('UNFREEZE'),
  );

  assert.deepEqual(results, [204, 204, 406]);
});

test('derived salts of AUTOMATIC_FRAUD_CONTROL always cover the result', async (t) => {
  const { statuses, receiver } = await setup(t, { DIGEST_KEY: KEY });
  const type = 'AUTOMATIC_FRAUD_CONTROL';
  const both = computeDigest('sha1', '100000016THAWED', deriveSalt(KEY, type, T));

  const results = await statuses(
    derived(type, { extra: '&r=THAWED' }),
    derived(type),
    `/callbacks/resurs?c=${type}&t=${T}&p=100000016&r=FROZEN&d=${both}`,
    `/callbacks/resurs?c=${type}&t=${T}&p=100000016&r=THAWED&d=${both}`,
  );

  assert.deepEqual(results, [406, 406, 406, 204]);
  assert.equal((await storedEvents(receiver))[0]?.verified.result, true);
});

test('salts of a type replace the general ones for it, current and previous', async (t) => {
  const env = { DIGEST_SALT: SALT, DIGEST_SALT_PREVIOUS: 'the-general-salt-before-it' };
  const { statuses } = await setup(t, {
    ...env,
    DIGEST_SALT_BOOKED: 'a-salt-for-booked-alone',
    DIGEST_SALT_BOOKED_PREVIOUS: 'the-booked-salt-before-it',
  });
  const signed = (type: string, salt: string) => target(type, '100000016', { salt });

  const results = await statuses(
    signed('BOOKED', 'a-salt-for-booked-alone'),
    signed('BOOKED', 'the-booked-salt-before-it'),
    signed('BOOKED', SALT),
    signed('BOOKED', 'the-general-salt-before-it'),
    signed('UPDATE', 'the-general-salt-before-it'),
    signed('UPDATE', 'a-salt-for-booked-alone'),
    signed('SOMETHING_NEW', SALT),
  );

  assert.deepEqual(results, [204, 204, 406, 406, 204, 406, 204]);
});
