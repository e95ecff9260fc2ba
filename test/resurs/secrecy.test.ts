/**
 * Failures are printed and logged, so no answer, however it repeats what we sent, brings a salt or password into one;
 * nor can it play tricks with the terminal it is shown on. Real HTTP: the server answers with our own request.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import { describeFailure } from '../../src/resurs/failure.ts';
import { ACCOUNT, BOOKED, failureOf, NEVER, says, saysJson, startWith } from '../helpers/fake-account.ts';

const SALT = 'salt-of-BOOKED-"quoted"-&-long';
const SALTED: Registration = { ...BOOKED, digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: SALT } };
const HIDDEN = 'refused in words that repeat a secret of the request and are not shown';

function inNumbers(sign: string): string {
  return `&#x${sign.codePointAt(0)?.toString(16)};`;
}

for (const [what, text] of [
  ['the salt', `Bad salt ${SALT}!`],
  ['the salt in other case', `Bad salt ${SALT.toUpperCase()}!`],
  [
    'the beginning of the salt, where a reader cuts it',
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
  test(`a text that repeats ${what} is not shown`, async (t) => {
    const { rest } = await startWith(t, saysJson(400, { message: text, code: text }));

    const failure = failureOf(await rest.register('BOOKED', SALTED, NEVER));

    assert.deepEqual([failure.kind, failure.code, failure.text], ['refused', null, HIDDEN]);
  });
}

test('a server that echoes the request gets nothing of it into a failure', async (t) => {
  const { rest, soap, asked } = await startWith(t, (response) => {
    const { headers, body } = asked.at(-1) ?? { headers: {}, body: '' };
    response.writeHead(400, { 'content-type': 'text/plain' }).end(`cannot read ${JSON.stringify(headers)} ${body}`);
  });

  const failures = [
    failureOf(await rest.register('BOOKED', SALTED, NEVER)),
    failureOf(await soap.register('BOOKED', SALTED, NEVER)),
  ].map(describeFailure);

  for (const line of failures) assert.doesNotMatch(line, /salt-of|knock|ss&w|cannot read/);
});

test('what follows from a text does so although the text is not shown', async (t) => {
  const { rest } = await startWith(t, saysJson(400, { message: `${SALT} already exists` }));

  const failure = failureOf(await rest.register('BOOKED', SALTED, NEVER));

  assert.deepEqual([failure.kind, failure.text], ['already_exists', HIDDEN]);
});

test('a text becomes one line without control or invisible characters', async (t) => {
  const message = ' No\r\n\tway \u001b[31mred\u0000\u202Eback\u2028 \uFEFF';
  const { rest } = await startWith(t, saysJson(400, { message, code: '4\n2' }));

  const failure = failureOf(await rest.list(NEVER));

  assert.deepEqual([failure.code, failure.text], ['4 2', 'No way [31mred back']);
});

test('a long text is cut between characters', async (t) => {
  const { rest } = await startWith(t, says(400, 'text/plain', '😀'.repeat(1000)));

  const failure = failureOf(await rest.list(NEVER));

  assert.equal(failure.text, `${'😀'.repeat(299)}…`);
});
