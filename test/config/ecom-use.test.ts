/**
 * Which settings say that the eCom API is in use. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usesEcom } from '../../src/config/ecom-use.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';

const MAPI = { MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: 'Zk3vP9qLw7Xt2RbYc8NdJf5H' };

for (const [expected, what, env] of [
  [true, 'a key alone', { DIGEST_KEY }],
  [false, 'a key beside the Merchant API, which closes CALLBACK_PATHS', { ...MAPI, DIGEST_KEY }],
  [false, 'nothing beside the Merchant API', { ...MAPI, ALLOW_UNAUTHENTICATED: 'true' }],
  [true, 'an account', { ...MAPI, DIGEST_KEY, RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'Tq7-mWx2-Lp9z' }],
  [true, 'a fixed salt for one type', { ...MAPI, DIGEST_SALT_BOOKED: 'p4Vd8sKq1ZtW6yBn3LrX' }],
  [false, 'Basic credentials alone', { ...MAPI, BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' }],
] as const) {
  test(`${what}: eCom ${expected ? 'is' : 'is not'} in use`, () => {
    const config = validConfig(env);

    assert.equal(
      usesEcom((name) => config[name] !== null),
      expected,
    );
  });
}
