/**
 * The order of the checks: the first one that fails decides the response, and the first four run before any of the body
 * is read. So strangers can neither make the service read nor learn from the response which later check would fail.
 * Real sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type SendOptions, send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { openRequest } from '../helpers/partial-request.ts';
import { sendRaw, statusesOf } from '../helpers/raw-connection.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const PASSWORD = 'a-password-of-the-tests';
const VALID_CREDENTIALS = { authorization: `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}` };
const MALFORMED = '/callbacks/resurs?c=UNFREEZE';
const WRONG_DIGEST = target('UNFREEZE', 'SHOP-1', { salt: 'not the salt of this shop' });
const NOT_OURS = target('UNFREEZE', 'OTHER-1');
const OURS = target('UNFREEZE', 'SHOP-1');
const HUGE = Buffer.alloc(256 * 1024 + 1, 'x');

function setup(t: TestContext, sources: string) {
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: PASSWORD };
  const pattern = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' };
  return startTestService(t, { env: { ...basic, ...pattern, ALLOWED_SOURCES: sources } });
}

test('a disallowed source gets 403 before any other check', async (t) => {
  const receiver = await setup(t, '192.0.2.0/24');
  const sendings: [string, SendOptions][] = [
    [MALFORMED, {}],
    [WRONG_DIGEST, { headers: VALID_CREDENTIALS }],
    [OURS, { headers: VALID_CREDENTIALS }],
    ['/callbacks/resurs/no/such/shape', {}],
    [OURS, { method: 'PUT', headers: VALID_CREDENTIALS }],
    [OURS, { method: 'POST', headers: VALID_CREDENTIALS, body: HUGE }],
  ];

  const responses = await Promise.all(sendings.map(([url, sending]) => send(receiver.url, url, sending)));

  for (const { status } of responses) assert.equal(status, 403);
});

test('credentials are checked before the URL, and the URL before the digest', async (t) => {
  const receiver = await setup(t, '127.0.0.1');

  const responses = await Promise.all([
    send(receiver.url, MALFORMED),
    send(receiver.url, OURS, { method: 'DELETE' }),
    send(receiver.url, MALFORMED, { headers: VALID_CREDENTIALS }),
    send(receiver.url, '/callbacks/resurs?c=UNFREEZE&d=0', { headers: VALID_CREDENTIALS }),
  ]);

  assert.deepEqual(
    responses.map(({ status }) => status),
    [401, 401, 400, 400],
  );
});

test('the digest is checked before the size of the body, and that before ownership', async (t) => {
  const receiver = await setup(t, '127.0.0.1');
  const notOursAndWrong = target('UNFREEZE', 'OTHER-1', { salt: 'not the salt of this shop' });

  const digest = await send(receiver.url, WRONG_DIGEST, { method: 'POST', headers: VALID_CREDENTIALS, body: HUGE });
  const wrongOwner = await send(receiver.url, notOursAndWrong, { headers: VALID_CREDENTIALS });
  const size = await send(receiver.url, NOT_OURS, { method: 'POST', headers: VALID_CREDENTIALS, body: HUGE });
  const ownership = await send(receiver.url, NOT_OURS, { method: 'POST', headers: VALID_CREDENTIALS, body: 'x' });

  assert.deepEqual([digest.status, wrongOwner.status, size.status, ownership.status], [406, 406, 413, 410]);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

const REJECTED_UNREAD = [
  { name: 'wrong source', status: 403, sources: '192.0.2.1', headers: VALID_CREDENTIALS, target: OURS },
  { name: 'missing credentials', status: 401, sources: '127.0.0.1', headers: {}, target: OURS },
  { name: 'malformed URL', status: 400, sources: '127.0.0.1', headers: VALID_CREDENTIALS, target: MALFORMED },
  { name: 'wrong digest', status: 406, sources: '127.0.0.1', headers: VALID_CREDENTIALS, target: WRONG_DIGEST },
];

for (const { name, status, sources, headers, target } of REJECTED_UNREAD) {
  test(`a POST with a ${name} gets its response although its body never arrives`, async (t) => {
    const receiver = await setup(t, sources);
    const length = { 'content-length': 1_000 };
    const waiting = openRequest(t, { url: receiver.url, target, headers: { ...headers, ...length } });
    const expecting = openRequest(t, {
      url: receiver.url,
      target,
      headers: { ...headers, ...length, expect: '100-continue' },
    });

    const responses = await Promise.all([waiting.response, expecting.response]);

    assert.deepEqual(
      responses.map((response) => response.status),
      [status, status],
    );
    assert.equal(expecting.isContinued(), false);
  });
}

test('a POST that expects 100-continue gets it once its head passes the checks', async (t) => {
  const receiver = await setup(t, '127.0.0.1');
  const headers = { ...VALID_CREDENTIALS, 'content-length': 2, expect: '100-continue' };
  const partial = openRequest(t, { url: receiver.url, target: OURS, headers });

  await partial.continued;
  partial.end('{}');
  const response = await partial.response;

  assertAccepted(response, 'UNFREEZE');
  const [row] = await receiver.query<{ body: Buffer }>('select body from events');
  assert.equal(row?.body.toString(), '{}');
});

test('an unknown expectation changes nothing', async (t) => {
  const receiver = await setup(t, '127.0.0.1');
  const headers = { ...VALID_CREDENTIALS, expect: 'the unknown' };

  const response = await send(receiver.url, OURS, { method: 'POST', headers, body: '{}' });

  assertAccepted(response, 'UNFREEZE');
});

test('an HTTP/1.0 client that expects 100-continue gets the final response alone', async (t) => {
  const receiver = await setup(t, '127.0.0.1');
  const head = `authorization: ${VALID_CREDENTIALS.authorization}\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n`;

  const old = await sendRaw(t, receiver.url, `POST ${OURS} HTTP/1.0\r\n${head}{}`);
  const current = await sendRaw(t, receiver.url, `POST ${OURS} HTTP/1.1\r\nconnection: close\r\n${head}{}`);

  assert.deepEqual([statusesOf(old), statusesOf(current)], [[204], [100, 204]]);
});

test('a request without a body that expects 100-continue gets the final response alone', async (t) => {
  const receiver = await setup(t, '127.0.0.1');
  const head = `authorization: ${VALID_CREDENTIALS.authorization}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`;

  const received = await sendRaw(t, receiver.url, `GET ${OURS} HTTP/1.1\r\n${head}`);

  assert.deepEqual(statusesOf(received), [204]);
});
