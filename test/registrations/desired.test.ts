/**
 * The desired registration of each type: URL, digest and credentials; and the registrations that are not possible
 * because the service would refuse their callbacks. Pure; the salts are compared with those that the receiver derives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/settings.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { callbackUrl, desiredRegistration } from '../../src/registrations/desired.ts';
import { findWeakSalts } from '../../src/registrations/weak-salts.ts';

const KEY = 'k3Zq8Lw1Xv7Rb2YpT5Nd9Jf4Hc6Gs0Am';
const TIME = { registeredAt: 1_700_000_000, now: 1_700_000_000 };

function config(env: Record<string, string>): Config {
  const loaded = loadConfig({ PUBLIC_URL: 'https://pay.shop.example', ...env });
  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  return loaded.config;
}

function registrationOf(desired: ReturnType<typeof desiredRegistration>): Registration {
  assert.ok(desired.outcome === 'possible', JSON.stringify(desired));
  return desired.registration;
}

test('with a key a type gets its own salt over its time, paymentId signed', () => {
  const { uriTemplate, digest, basic } = registrationOf(
    desiredRegistration('UNFREEZE', config({ DIGEST_KEY: KEY }), TIME),
  );

  assert.equal(
    uriTemplate,
    'https://pay.shop.example/callbacks/resurs?c=UNFREEZE&t=1700000000&p={paymentId}&d={digest}',
  );
  const salt = deriveSalt(KEY, 'UNFREEZE', '1700000000');
  assert.deepEqual(digest, { algorithm: 'sha1', parameters: ['paymentId'], salt });
  assert.equal(basic, null);
});

test('the fraud control signs its result as well', () => {
  const { uriTemplate, digest } = registrationOf(
    desiredRegistration('AUTOMATIC_FRAUD_CONTROL', config({ DIGEST_KEY: KEY }), TIME),
  );

  assert.match(uriTemplate, /&p=\{paymentId\}&r=\{result\}&d=\{digest\}$/);
  assert.deepEqual(digest?.parameters, ['paymentId', 'result']);
});

test('TEST has five values, and over REST no digest, even with a key and a salt', () => {
  const { uriTemplate, digest } = registrationOf(
    desiredRegistration('TEST', config({ DIGEST_KEY: KEY, DIGEST_SALT: 's'.repeat(20) }), TIME),
  );

  assert.match(uriTemplate, /\?c=TEST&t=1700000000&param1=\{param1\}&.*&param5=\{param5\}$/);
  assert.equal(digest, null);
});

test('over SOAP a TEST has a digest over its five values', () => {
  const desired = desiredRegistration('TEST', config({ DIGEST_KEY: KEY }), TIME, 'SOAP');

  const { uriTemplate, digest } = registrationOf(desired);
  assert.match(uriTemplate, /&param5=\{param5\}&d=\{digest\}$/);
  const parameters = ['param1', 'param2', 'param3', 'param4', 'param5'];
  assert.deepEqual(digest, { algorithm: 'sha1', parameters, salt: deriveSalt(KEY, 'TEST', '1700000000') });
});

test('a TEST without a salt of its own has no digest, while the others have one', () => {
  const settings = config({ DIGEST_SALT_BOOKED: 'q8Zt4Lw1Xv7Rb2Yp' });

  assert.equal(registrationOf(desiredRegistration('TEST', settings, TIME, 'SOAP')).digest, null);
});

test('no two types share a derived salt', () => {
  const types = CALLBACK_TYPES.filter((type) => type !== 'TEST');

  const salts = types.map(
    (type) => registrationOf(desiredRegistration(type, config({ DIGEST_KEY: KEY }), TIME)).digest?.salt,
  );

  assert.equal(new Set(salts).size, types.length);
});

test('the fixed salt of a type comes before the general one, and the present before the previous', () => {
  const settings = config({ DIGEST_SALT: 'general', DIGEST_SALT_UPDATE: 'own', DIGEST_SALT_UPDATE_PREVIOUS: 'old' });

  assert.equal(registrationOf(desiredRegistration('UPDATE', settings, TIME)).digest?.salt, 'own');
  assert.equal(registrationOf(desiredRegistration('BOOKED', settings, TIME)).digest?.salt, 'general');
});

test('a key replaces fixed salts', () => {
  const settings = config({ DIGEST_KEY: KEY, DIGEST_SALT: 'general' });

  assert.equal(
    registrationOf(desiredRegistration('BOOKED', settings, TIME)).digest?.salt,
    deriveSalt(KEY, 'BOOKED', '1700000000'),
  );
});

test('the credentials that callbacks must carry are registered', () => {
  const settings = config({ BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' });

  const { digest, basic } = registrationOf(desiredRegistration('BOOKED', settings, TIME));

  assert.deepEqual(basic, { username: 'resurs', password: 'Tq7-mWx2-Lp9z' });
  assert.equal(digest, null);
});

for (const [setting, algorithm] of [
  ['sha1', 'sha1'],
  ['md5', 'md5'],
  ['md5,sha1', 'sha1'],
] as const) {
  test(`DIGEST_ALGORITHM=${setting} registers ${algorithm}`, () => {
    const settings = config({ DIGEST_KEY: KEY, DIGEST_ALGORITHM: setting });

    assert.equal(registrationOf(desiredRegistration('BOOKED', settings, TIME)).digest?.algorithm, algorithm);
  });
}

test('a type without a salt cannot be registered while others have one', () => {
  const desired = desiredRegistration('UPDATE', config({ DIGEST_SALT_BOOKED: 'q8Zt4Lw1Xv7Rb2Yp' }), TIME);

  assert.equal(desired.outcome, 'impossible');
  assert.match(desired.outcome === 'impossible' ? desired.fix : '', /DIGEST_SALT_UPDATE, or DIGEST_KEY/);
});

test('a time before DIGEST_VALID_FROM cannot be registered', () => {
  const desired = desiredRegistration('UPDATE', config({ DIGEST_KEY: KEY, DIGEST_VALID_FROM: '1700000001' }), TIME);

  assert.match(desired.outcome === 'impossible' ? desired.problem : '', /before DIGEST_VALID_FROM/);
});

test('a time up to a day ahead can be registered, a later one cannot', () => {
  const at = (lead: number) => ({ registeredAt: TIME.now + lead, now: TIME.now });

  assert.equal(desiredRegistration('UPDATE', config({ DIGEST_KEY: KEY }), at(86_400)).outcome, 'possible');
  assert.equal(desiredRegistration('UPDATE', config({ DIGEST_KEY: KEY }), at(86_401)).outcome, 'impossible');
});

for (const [publicUrl, paths, expected] of [
  ['https://pay.shop.example', '/callbacks/resurs', 'https://pay.shop.example/callbacks/resurs'],
  ['https://shop.example/pay/', '/callbacks/resurs,/other', 'https://shop.example/pay/callbacks/resurs'],
  ['https://shop.example', '/', 'https://shop.example/'],
] as const) {
  test(`${publicUrl} with ${paths} is called at ${expected}`, () => {
    const { PUBLIC_URL, CALLBACK_PATHS } = config({ DIGEST_KEY: KEY, PUBLIC_URL: publicUrl, CALLBACK_PATHS: paths });

    assert.equal(callbackUrl(PUBLIC_URL ?? '', CALLBACK_PATHS), expected);
  });
}

test('short salts and shared salts are weak, derived ones never', () => {
  const short = findWeakSalts(['BOOKED'], config({ DIGEST_SALT_BOOKED: 'fifteen letters' }));
  const shared = findWeakSalts(['BOOKED', 'UPDATE'], config({ DIGEST_SALT: 'q8Zt4Lw1Xv7Rb2Yp' }));
  const derived = findWeakSalts(['BOOKED', 'UPDATE'], config({ DIGEST_KEY: KEY, DIGEST_SALT: 'short' }));

  assert.deepEqual(short, ['the salt of BOOKED is shorter than 16 characters']);
  assert.match(shared.join(), /^BOOKED, UPDATE, .*AUTOMATIC_FRAUD_CONTROL, TEST share one salt/);
  assert.deepEqual(derived, []);
});
