/**
 * The order of the checks: the first one that fails decides the answer, and the first four decide before any of the body
 * is read. So strangers can neither make the service read nor learn from the answer what lies behind. Real sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Sending, send, target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { begin } from '../helpers/partial-request.ts';
import { assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

const PASSWORD = 'a-password-of-the-tests';
const RIGHT = { authorization: `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}` };
const MALFORMED = '/callbacks/resurs?c=UNFREEZE';
const WRONG_DIGEST = target('UNFREEZE', 'SHOP-1', { salt: 'not the salt of this shop' });
const NOT_OURS = target('UNFREEZE', 'OTHER-1');
const OURS = target('UNFREEZE', 'SHOP-1');
const HUGE = Buffer.alloc(256 * 1024 + 1, 'x');

function setup(t: TestContext, sources: string) {
  const basic = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: PASSWORD };
  const pattern = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' };
  return startWorld(t, { env: { ...basic, ...pattern, ALLOWED_SOURCES: sources } });
}

test('a wrong source comes before wrong credentials and everything else', async (t) => {
  const world = await setup(t, '192.0.2.0/24');
  const sendings: [string, Sending][] = [
    [MALFORMED, {}],
    [WRONG_DIGEST, { headers: RIGHT }],
    [OURS, { headers: RIGHT }],
    ['/callbacks/resurs/no/such/shape', {}],
    [OURS, { method: 'PUT', headers: RIGHT }],
    [OURS, { method: 'POST', headers: RIGHT, body: HUGE }],
  ];

  const answers = await Promise.all(sendings.map(([one, sending]) => send(world.url, one, sending)));

  for (const { status } of answers) assert.equal(status, 403);
});

test('wrong credentials come before a malformed URL, and that before the digest', async (t) => {
  const world = await setup(t, '127.0.0.1');

  const answers = await Promise.all([
    send(world.url, MALFORMED),
    send(world.url, OURS, { method: 'DELETE' }),
    send(world.url, MALFORMED, { headers: RIGHT }),
    send(world.url, '/callbacks/resurs?c=UNFREEZE&d=0', { headers: RIGHT }),
  ]);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 400, 400],
  );
});

test('the digest comes before the size of the body, and that before the ownership', async (t) => {
  const world = await setup(t, '127.0.0.1');
  const foreignAndWrong = target('UNFREEZE', 'OTHER-1', { salt: 'not the salt of this shop' });

  const digest = await send(world.url, WRONG_DIGEST, { method: 'POST', headers: RIGHT, body: HUGE });
  const foreign = await send(world.url, foreignAndWrong, { headers: RIGHT });
  const size = await send(world.url, NOT_OURS, { method: 'POST', headers: RIGHT, body: HUGE });
  const ownership = await send(world.url, NOT_OURS, { method: 'POST', headers: RIGHT, body: 'x' });

  assert.deepEqual([digest.status, foreign.status, size.status, ownership.status], [406, 406, 413, 410]);
  assert.deepEqual(await countStored(world), NOTHING);
});

const REFUSED_UNREAD = [
  { name: 'wrong source', status: 403, sources: '192.0.2.1', headers: RIGHT, target: OURS },
  { name: 'missing credentials', status: 401, sources: '127.0.0.1', headers: {}, target: OURS },
  { name: 'malformed URL', status: 400, sources: '127.0.0.1', headers: RIGHT, target: MALFORMED },
  { name: 'wrong digest', status: 406, sources: '127.0.0.1', headers: RIGHT, target: WRONG_DIGEST },
];

for (const { name, status, sources, headers, target } of REFUSED_UNREAD) {
  test(`a POST with a ${name} is answered although its body never comes`, async (t) => {
    const world = await setup(t, sources);
    const length = { 'content-length': 1_000 };
    const waiting = begin(t, { url: world.url, target, headers: { ...headers, ...length } });
    const asking = begin(t, { url: world.url, target, headers: { ...headers, ...length, expect: '100-continue' } });

    const answers = await Promise.all([waiting.answer, asking.answer]);

    assert.deepEqual(
      answers.map((answer) => answer.status),
      [status, status],
    );
    assert.equal(asking.isInvited(), false);
  });
}

test('a POST that asks first is invited once its head is right', async (t) => {
  const world = await setup(t, '127.0.0.1');
  const headers = { ...RIGHT, 'content-length': 2, expect: '100-continue' };
  const begun = begin(t, { url: world.url, target: OURS, headers });

  await begun.invited;
  begun.end('{}');
  const answer = await begun.answer;

  assertTaken(answer, 'UNFREEZE');
  const [row] = await world.query<{ body: Buffer }>('select body from events');
  assert.equal(row?.body.toString(), '{}');
});

test('an expectation nobody knows changes nothing', async (t) => {
  const world = await setup(t, '127.0.0.1');
  const headers = { ...RIGHT, expect: 'the best' };

  const answer = await send(world.url, OURS, { method: 'POST', headers, body: '{}' });

  assertTaken(answer, 'UNFREEZE');
});
