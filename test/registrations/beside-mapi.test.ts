/**
 * The commands about registrations at Resurs are those of eCom. Settings of the Merchant API, even with a path that both
 * share, change nothing of what they register and report; and no command prints their secrets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configCommand } from '../../src/commands/config.ts';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { unregister } from '../../src/commands/unregister.ts';
import { setUpResurs } from '../helpers/resurs.ts';

const TOKEN = 'q7Zr4Lw1Xv8Kb2YpT5Nd9Jf3';
const CLIENT_SECRET = 'a-client-secret-of-the-tests-7Kd2';
const MAPI = {
  MAPI_CALLBACK_PATHS: '/callbacks/resurs,/callbacks/mapi',
  MAPI_CALLBACK_TOKEN: TOKEN,
  MAPI_CALLBACK_TOKEN_PREVIOUS: 'Hc6Gs0Am3Zq8Lw1Xv7Rb2YpT',
  MAPI_CLIENT_ID: 'shop-of-the-tests',
  MAPI_CLIENT_SECRET: CLIENT_SECRET,
};

test('with settings of the Merchant API, registrations are made, compared and removed as without', async (t) => {
  const { run, fakeResurs } = await setUpResurs(t);
  const strip = (text: string) => text.replaceAll(/t=\d+/g, 't=…');

  const registered = await run(register, ['--yes'], { env: MAPI });
  const templates = [...fakeResurs.registered.values()].map(({ uriTemplate }) => uriTemplate);
  const without = await run(registrations, []);
  const listed = await run(registrations, [], { env: MAPI });
  const removed = await run(unregister, ['--yes'], { env: MAPI });

  assert.deepEqual([registered.exitCode, without.exitCode, listed.exitCode, removed.exitCode], [0, 0, 0, 0]);
  assert.equal(strip(listed.out), strip(without.out));
  assert.equal(templates.length, 7);
  for (const template of templates)
    assert.match(template, /^https:\/\/pay\.shop\.example\/callbacks\/resurs\?c=[A-Z_]+&t=/);
  assert.equal(fakeResurs.registered.size, 0);
});

test('config shows the settings of the Merchant API, its secrets masked', async (t) => {
  const { run } = await setUpResurs(t);

  const { exitCode, out } = await run(configCommand, [], { env: { ...MAPI, MAPI_URL: 'https://mapi.example/' } });

  assert.equal(exitCode, 0);
  assert.match(out, /^MAPI_CALLBACK_PATHS=\/callbacks\/resurs,\/callbacks\/mapi /m);
  for (const name of ['MAPI_CALLBACK_TOKEN', 'MAPI_CALLBACK_TOKEN_PREVIOUS', 'MAPI_CLIENT_SECRET']) {
    assert.match(out, new RegExp(`^${name}=\\*{8} `, 'm'));
  }
  assert.match(out, /^MAPI_CLIENT_ID=shop-of-the-tests /m);
  assert.match(out, /^MAPI_URL=https:\/\/mapi\.example\/? /m);
  for (const secret of [TOKEN, CLIENT_SECRET, MAPI.MAPI_CALLBACK_TOKEN_PREVIOUS]) assert.ok(!out.includes(secret));
});
