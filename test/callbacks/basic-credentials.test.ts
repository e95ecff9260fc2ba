/**
 * Basic credentials as senders write them: in UTF-8 or in ISO-8859-1, with one or more blanks behind the scheme. A wrong
 * pair stays wrong in each spelling. Real HTTP.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { assertResponse } from '../helpers/responses.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const USERNAME = 'köpare';
const PASSWORD = 'lösen:ord-Å-7Kd2';
const OLD = { BASIC_AUTH_USERNAME_PREVIOUS: 'förra', BASIC_AUTH_PASSWORD_PREVIOUS: 'gammalt-ß-9Lm' };

function encode(pair: string, encoding: 'utf8' | 'latin1' = 'utf8', base: 'base64' | 'base64url' = 'base64'): string {
  return Buffer.from(pair, encoding).toString(base);
}

function start(t: TestContext, env: Record<string, string> = {}) {
  const basic = { BASIC_AUTH_USERNAME: USERNAME, BASIC_AUTH_PASSWORD: PASSWORD };
  return startTestService(t, { env: { ...basic, ...env } });
}

async function statusOf(receiver: TestService, authorization: string): Promise<number> {
  return (await send(receiver.url, target('UNFREEZE', '1'), { headers: { authorization } })).status;
}

test('the right credentials are accepted in both encodings and each spelling of the header', async (t) => {
  const receiver = await start(t, OLD);
  const pair = `${USERNAME}:${PASSWORD}`;
  const accepted = [
    `Basic ${encode(pair)}`,
    `Basic ${encode(pair, 'latin1')}`,
    `Basic   ${encode(pair)}`,
    `basic \t ${encode(pair, 'latin1')}`,
    `BASIC ${encode(pair).replace(/=+$/, '')}`,
    `Basic ${encode(pair, 'utf8', 'base64url')}`,
    `Basic ${encode(`${OLD.BASIC_AUTH_USERNAME_PREVIOUS}:${OLD.BASIC_AUTH_PASSWORD_PREVIOUS}`, 'latin1')}`,
  ];

  for (const authorization of accepted) assert.equal(await statusOf(receiver, authorization), 204, authorization);
});

test('wrong credentials are refused in both encodings', async (t) => {
  const receiver = await start(t, OLD);
  const refused = [
    '',
    'Basic',
    'Basic ',
    `Basic${encode(`${USERNAME}:${PASSWORD}`)}`,
    `Bearer ${encode(`${USERNAME}:${PASSWORD}`)}`,
    `Basic ${encode(`${USERNAME}:${PASSWORD}`)} x`,
    `Basic ${encode(`${USERNAME}:${PASSWORD.slice(1)}`, 'latin1')}`,
    `Basic ${encode(`k\u00d6pare:${PASSWORD}`, 'latin1')}`,
    `Basic ${encode(`k\ufffdpare:${PASSWORD}`)}`,
    `Basic ${encode(`${USERNAME}${PASSWORD}`)}`,
    `Basic ${encode(`${USERNAME}:${OLD.BASIC_AUTH_PASSWORD_PREVIOUS}`, 'latin1')}`,
    `Basic ${encode(':')}`,
  ];

  for (const authorization of refused) assert.equal(await statusOf(receiver, authorization), 401, authorization);
});

test('characters that ISO-8859-1 lacks are right in UTF-8 alone', async (t) => {
  const receiver = await start(t, { BASIC_AUTH_PASSWORD: '€uro-lösen-7Kd2' });

  assert.equal(await statusOf(receiver, `Basic ${encode(`${USERNAME}:€uro-lösen-7Kd2`)}`), 204);
  // A dollar in ISO-8859-1 would be the last byte of the euro sign's code.
  assert.equal(await statusOf(receiver, `Basic ${encode(`${USERNAME}:€uro-lösen-7Kd2`, 'latin1')}`), 401);
});

test('a refused callback names the scheme and the encoding', async (t) => {
  const receiver = await start(t);

  const response = await send(receiver.url, target('UNFREEZE', '1'));

  assertResponse(response, { status: 401, reason: 'Unauthorized.' });
  assert.equal(response.headers['www-authenticate'], 'Basic realm="callbacks", charset="UTF-8"');
});
