/** HEARTBEAT_INTERVAL needs what `trigger-test` needs of one interface of Resurs: what cannot work is found at start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSettingError, DIGEST_KEY, settingErrors } from '../helpers/config.ts';

const HEARTBEAT = { HEARTBEAT_INTERVAL: '1h' };
const ECOM = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'a-password-of-the-tests' };
const MAPI = { MAPI_CLIENT_ID: 'client', MAPI_CLIENT_SECRET: 'a-secret-of-the-tests' };
const MAPI_PATHS = {
  PUBLIC_URL: 'https://pay.shop.example',
  MAPI_CALLBACK_PATHS: '/callbacks/mapi',
  MAPI_CALLBACK_TOKEN: 'a-token-of-the-tests-7Hq2-Lm5',
};
const SALT_OF_ANOTHER_TYPE = { DIGEST_SALT_BOOKED: 'a-salt-of-some-length' };

for (const [name, env] of Object.entries({
  'an account of eCom and a master key': { ...ECOM, DIGEST_KEY },
  'an account of eCom and a salt of TEST': { ...ECOM, DIGEST_SALT_TEST: 'a-salt-of-some-length' },
  'an account of eCom and no digests at all': { ...ECOM, ALLOW_UNAUTHENTICATED: 'true' },
  'an account of the Merchant API and its paths': { ...MAPI, ...MAPI_PATHS, DIGEST_KEY },
  'eCom without a salt of TEST, beside a Merchant API that can be asked': {
    ...ECOM,
    ...SALT_OF_ANOTHER_TYPE,
    ...MAPI,
    ...MAPI_PATHS,
  },
})) {
  test(`the heartbeat works with ${name}`, () => {
    assert.deepEqual(settingErrors({ ...HEARTBEAT, ...env }), []);
  });
}

test('the heartbeat without an account is one error', () => {
  assertSettingError({ ...HEARTBEAT, DIGEST_KEY }, 'HEARTBEAT_INTERVAL', /without an account/);
});

test('the heartbeat whose tests would never be stored is an error with the fix', () => {
  const problem = 'is set, but no test callback could arrive with these settings';
  const ecom = assertSettingError({ ...HEARTBEAT, ...ECOM, ...SALT_OF_ANOTHER_TYPE }, 'HEARTBEAT_INTERVAL', problem);
  const mapi = assertSettingError({ ...HEARTBEAT, ...MAPI, DIGEST_KEY }, 'HEARTBEAT_INTERVAL', problem);

  assert.match(ecom.fix, /^set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials/);
  assert.match(mapi.fix, /^set MAPI_CALLBACK_PATHS and PUBLIC_URL, so that the Merchant API/);
});
