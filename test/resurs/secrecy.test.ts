/**
 * Failures are printed and logged. So no response that repeats the request brings a salt or password into one, and none
 * can send control characters to the terminal. Real HTTP: the server responds with our own request.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import { describeFailure } from '../../src/resurs/failure.ts';
import {
  ACCOUNT,
  BOOKED,
  failureOf,
  NEVER,
  respondJson,
  respondWith,
  startFakeAccount,
} from '../helpers/fake-account.ts';

const SALT = 'salt-of-BOOKED-"quoted"-&-long';
const SALTED: Registration = { ...BOOKED, digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: SALT } };
const HIDDEN = 'refused; its text is hidden because it repeats a secret of the request';

function inNumbers(character: string): string {
  return `&#x${character.codePointAt(0)?.toString(16)};`;
}

for (const [what, text] of [
  ['the salt', `Bad salt ${SALT}!`],
  ['the salt in other case', `Bad salt ${SALT.toUpperCase()}!`],
  [
    'the beginning of the salt, where the server cuts it',
    `Cannot read {"digestSalt":"${SALT.slice(0, 8)}[truncated 40 characters]`,
  ],
  ["the callback's password", `Bad password ${BOOKED.basic?.password}`],
  ["the account's password", `Who is ${ACCOUNT.password}?`],
  ["the account's password as part of a URL", `https://shop:${encodeURIComponent(ACCOUNT.password)}@test.resurs.com`],
  ["the account's password in XML", `<basic>${ACCOUNT.password.replace('&', '&amp;')}</basic>`],
  ["the account's password in JSON", `{"password":${JSON.stringify(ACCOUNT.password)}}`],
  ["the account's password in XML, all of it in numbers", [...ACCOUNT.password].map(inNumbers).join('')],
  ["the account's password in JSON without letters beyond ASCII", ACCOUNT.password.replace('ö', '\\u00F6')],
  ['the Authorization header', `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`],
  ['a password behind three hundred characters', `${'x'.repeat(400)}${ACCOUNT.password}`],
] as const) {
  test(`a text that repeats ${what} is hidden`, async (t) => {
    const { rest } = await startFakeAccount(t, respondJson(400, { message: text, code: text }));

    const failure = failureOf(await rest.register('BOOKED', SALTED, NEVER));

    assert.deepEqual([failure.kind, failure.code, failure.text], ['refused', null, HIDDEN]);
  });
}

test('a server that echoes the request puts none of it into a failure', async (t) => {
  const { rest, soap, requests } = await startFakeAccount(t, (response) => {
    const { headers, body } = requests.at(-1) ?? { headers: {}, body: '' };
    response.writeHead(400, { 'content-type': 'text/plain' }).end(`cannot read ${JSON.stringify(headers)} ${body}`);
  });

  const failures = [
    failureOf(await rest.register('BOOKED', SALTED, NEVER)),
    failureOf(await soap.register('BOOKED', SALTED, NEVER)),
  ].map(describeFailure);

  for (const line of failures) assert.doesNotMatch(line, /salt-of|cdata|ss&w|cannot read/);
});

test('a hidden text still decides the kind of the failure', async (t) => {
  const { rest } = await startFakeAccount(t, respondJson(400, { message: `${SALT} already exists` }));

  const failure = failureOf(await rest.register('BOOKED', SALTED, NEVER));

  assert.deepEqual([failure.kind, failure.text], ['already_exists', HIDDEN]);
});

test('a text becomes one line without control or invisible characters', async (t) => {
  const message = ' No\r\n\tway \u001b[31mred\u0000\u202Eback\u2028 \uFEFF';
  const { rest } = await startFakeAccount(t, respondJson(400, { message, code: '4\n2' }));

  const failure = failureOf(await rest.list(NEVER));

  assert.deepEqual([failure.code, failure.text], ['4 2', 'No way [31mred back']);
});

test('a long text is cut between characters', async (t) => {
  const { rest } = await startFakeAccount(t, respondWith(400, 'text/plain', '😀'.repeat(1000)));

  const failure = failureOf(await rest.list(NEVER));

  assert.equal(failure.text, `${'😀'.repeat(299)}…`);
});
