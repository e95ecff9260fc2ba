/**
 * The check `previous-secrets` ends a rotation: it names a previous secret that can go, and says why another one
 * cannot. Service, database, merchant and all requests are real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { send } from '../helpers/callbacks.ts';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { status } from '../helpers/merchant.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startTestService } from '../helpers/service.ts';

const NEW_KEY = 'another-master-key-7Rm2-Kp9-Xv4-long-enough';
const NEW_SECRET = `whsec_${Buffer.from('a new webhook secret of tests 1').toString('base64')}`;

/** A rotation of the master key: a service that has run with both, and checks with the same settings. */
async function setup(t: TestContext) {
  const fixture = await setUpDoctor(t);
  const rotated = { DIGEST_KEY: NEW_KEY, DIGEST_KEY_PREVIOUS: fixture.env.DIGEST_KEY };
  const env = {
    DIGEST_SALT: '',
    ...rotated,
    WEBHOOK_URL: fixture.env.WEBHOOK_URL,
    WEBHOOK_SECRET: fixture.env.WEBHOOK_SECRET,
  };
  const second = await startTestService(t, { databaseUrl: fixture.service.databaseUrl, env });
  await second.service.stop();
  const age = (hours: number) =>
    fixture.service.query(
      `update secret_uses set previous_since = previous_since - $1 * interval '1 hour',
                              last_used_at = last_used_at - $1 * interval '1 hour'`,
      [hours],
    );
  return { ...fixture, rotated, age, checkKeys: () => fixture.check('previous-secrets', rotated) };
}

test('without a previous secret there is nothing to do', async (t) => {
  const { check } = await setUpDoctor(t);

  assert.equal((await check('previous-secrets')).status, 'pass');
});

test('a key that types are still registered with is needed, however long it was not used', async (t) => {
  const { age, checkKeys } = await setup(t);
  await age(1000);

  const { status: verdict, reason } = await checkKeys();

  assert.equal(verdict, 'pass');
  assert.match(reason, /^DIGEST_KEY_PREVIOUS is needed: ANNULMENT, .* are still registered with it\.$/);
});

test('a key and a password that types are still registered with are both needed', async (t) => {
  const { env, age, check } = await setup(t);
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'first-password-7Kd2' };
  assert.equal((await runCommand(register, ['--yes'], { ...env, ...basic })).exitCode, 0);
  await age(1000);

  const { status: verdict, reason } = await check('previous-secrets', {
    DIGEST_KEY: NEW_KEY,
    DIGEST_KEY_PREVIOUS: env.DIGEST_KEY,
    BASIC_AUTH_USERNAME: 'resurs',
    BASIC_AUTH_PASSWORD: 'second-password-9Lm4',
    BASIC_AUTH_USERNAME_PREVIOUS: basic.BASIC_AUTH_USERNAME,
    BASIC_AUTH_PASSWORD_PREVIOUS: basic.BASIC_AUTH_PASSWORD,
  });

  assert.equal(verdict, 'pass', reason);
  assert.match(reason, /^DIGEST_KEY_PREVIOUS is needed: ANNULMENT, .* are still registered with it; /);
  assert.match(reason, /; BASIC_AUTH_PASSWORD_PREVIOUS is needed: ANNULMENT, .* are still registered with it\.$/);
});

test('after registering, the previous key can go when it was not used for 37 hours, and not before', async (t) => {
  const { env, rotated, age, checkKeys } = await setup(t);
  const registered = await runCommand(register, ['--yes'], { ...env, ...rotated });
  assert.equal(registered.exitCode, 0, registered.errors);

  await age(36.9);
  const before = await checkKeys();
  await age(0.2);
  const after = await checkKeys();

  assert.deepEqual([before.status, after.status], ['pass', 'warn'], before.reason);
  assert.match(before.reason, /^DIGEST_KEY_PREVIOUS is needed: not used since 20.*Z, which is less than 37 hours ago/);
  assert.match(after.reason, /^DIGEST_KEY_PREVIOUS can go: not used since 20/);
  assert.match(after.fix ?? '', /^Remove DIGEST_KEY_PREVIOUS and restart/);
});

test('a previous webhook secret can go when the merchant accepts the new signature alone', async (t) => {
  const { env, merchant, check } = await setUpDoctor(t);
  const rotated = { WEBHOOK_SECRET: NEW_SECRET, WEBHOOK_SECRET_PREVIOUS: env.WEBHOOK_SECRET };

  merchant.answerWith(status(401));
  const refused = await check('previous-secrets', rotated);
  merchant.answerWith(status(204));
  const accepted = await check('previous-secrets', rotated);

  assert.deepEqual([refused.status, accepted.status], ['pass', 'warn']);
  assert.match(
    refused.reason,
    /^WEBHOOK_SECRET_PREVIOUS is needed: the merchant did not accept the new signature alone \(401\)/,
  );
  assert.match(accepted.fix ?? '', /^Remove WEBHOOK_SECRET_PREVIOUS/);
  const signatures = merchant.received.map(({ headers }) => String(headers['webhook-signature']).split(' ').length);
  assert.deepEqual(signatures, [1, 1]);
});

test('a previous token of the Merchant API is needed as long as payments may have it in their URLs', async (t) => {
  const { service, check } = await setUpDoctor(t);
  const env = {
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: 'the-token-that-is-current-2Vw9',
    MAPI_CALLBACK_TOKEN_PREVIOUS: 'the-token-that-was-before-3Xs1',
  };
  const second = await startTestService(t, { databaseUrl: service.databaseUrl, env });
  const target = `/callbacks/mapi?token=${env.MAPI_CALLBACK_TOKEN_PREVIOUS}`;
  assert.equal((await send(second.url, target, { method: 'POST' })).status, 204);
  await second.service.stop();
  const after = async (days: number) => {
    await service.query(
      `update secret_uses set previous_since = previous_since - $1 * interval '1 day',
                                                last_used_at = last_used_at - $1 * interval '1 day'`,
      [days],
    );
    return check('previous-secrets', env);
  };

  const [soon, late] = [await after(179), await after(2)];

  assert.match(soon.reason, /^MAPI_CALLBACK_TOKEN_PREVIOUS is needed: .* less than 180 days ago\.$/);
  assert.match(late.reason, /^MAPI_CALLBACK_TOKEN_PREVIOUS can go: /);
});
