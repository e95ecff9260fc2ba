/**
 * Characters that URLs, Postgres or a protocol may fail on: they fail neither their callback nor the others in its
 * batch, and the stored values are those that were meant. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { SALT, send, target } from '../../helpers/callbacks.ts';
import { countRows, storedEvents } from '../../helpers/database-state.ts';
import { startMerchant } from '../../helpers/merchant.ts';
import { assertAccepted } from '../../helpers/responses.ts';
import { startTestService, WEBHOOK_SECRET } from '../../helpers/service.ts';

test('escapes that are not UTF-8 may be signed as ISO-8859-1, in the query and in the path', async (t) => {
  const receiver = await startTestService(t);
  const digest = computeDigest('sha1', 'Åre', SALT, 'latin1');

  const query = await send(receiver.url, `/callbacks/resurs?c=UNFREEZE&p=%C5re&d=${digest}&note=sm%F6rg%E5s`);
  const path = await send(receiver.url, `/callbacks/resurs/annulment/paymentId/%C5re/digest/${digest}`);
  const utf8 = await send(receiver.url, target('FINALIZATION', 'Åre'));

  for (const { status } of [query, path, utf8]) assert.equal(status, 204);
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map((event) => event.payment_id),
    ['Åre', 'Åre', 'Åre'],
  );
  assert.deepEqual(events[0]?.parameters, { note: 'smörgås' });
});

test('escapes that are not UTF-8 are windows-1252, and may be signed over the bytes as they came', async (t) => {
  const receiver = await startTestService(t);
  const [bytes, escapes, id] = [Buffer.from([0x80, 0x31, 0x96, 0xe5]), '%801%96%E5', '€1–å'];
  const overBytes = createHash('sha1').update(bytes).update(SALT).digest('hex').toUpperCase();
  const overText = computeDigest('sha1', id, SALT);
  const account = `identifier=${escapes}&d=${overBytes}`;

  const responses = [
    await send(receiver.url, `/callbacks/resurs?c=UNFREEZE&p=${escapes}&d=${overBytes}&note=%80+%93x%94`),
    await send(receiver.url, `/callbacks/resurs/annulment/paymentId/${escapes}/digest/${overBytes}`),
    await send(receiver.url, `/callbacks/resurs/event/finalization/digest/${overText}/paymentId/${escapes}`),
    await send(receiver.url, `/callbacks/resurs?c=PASSWORD_EXPIRATION&${account}`),
    await send(receiver.url, `/callbacks/resurs?c=TEST&param2=1&param3=%96%E5&param1=%80&d=${overBytes}`),
    await send(receiver.url, `/callbacks/resurs?c=BOOKED&p=${encodeURIComponent(id)}&d=${overBytes}`),
  ];

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 204, 204, 204, 406],
  );
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map((event) => event.payment_id),
    [id, id, id, null, null],
  );
  assert.deepEqual(events[0]?.parameters, { note: '€ “x”' });
  assert.deepEqual(events[3]?.parameters, { identifier: id });
  assert.equal(events[4]?.parameters.param3, '–å');
});

test('a plus in a query is a space, or itself where only the digest over the plus is right', async (t) => {
  const receiver = await startTestService(t);
  const signed = (type: string, written: string, id: string, name = 'p') =>
    send(receiver.url, `/callbacks/resurs?c=${type}&${name}=${written}&d=${computeDigest('sha1', id, SALT)}&n=a+b`);

  const responses = [
    await signed('UNFREEZE', 'a+b', 'a b'),
    await signed('ANNULMENT', 'a+b', 'a+b'),
    await signed('BOOKED', 'a+b%20%2Bc', 'a+b +c'),
    await signed('UPDATE', 'a+b&paymentId=1&P=a+b', 'a+b'),
    await signed('PASSWORD_EXPIRATION', 'shop+1', 'shop+1', 'identifier'),
    await signed('TEST', '+&param2=+', '++', 'param1'),
    await signed('FINALIZATION', 'a+b+c', 'a+b c'),
    await signed('FINALIZATION', 'a%20b', 'a+b'),
    await signed('FINALIZATION', 'a+b&P=a%20b', 'a+b'),
  ];

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 204, 204, 204, 204, 406, 406, 406],
  );
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ payment_id, parameters }) => payment_id ?? parameters.identifier ?? parameters.param1),
    ['a b', 'a+b', 'a+b +c', 'a+b', 'shop+1', '+'],
  );
  // Nothing proves how an ordinary parameter is meant.
  assert.equal(events[1]?.parameters.n, 'a b');
});

test('without a digest a plus in a query is a space', async (t) => {
  const receiver = await startTestService(t, { env: { DIGEST_SALT: '', ALLOW_UNAUTHENTICATED: 'true' } });

  await send(receiver.url, '/callbacks/resurs?c=UNFREEZE&p=a+b');

  assert.equal((await storedEvents(receiver))[0]?.payment_id, 'a b');
});

test('slashes at the ends of an id count only where the digest proves them', async (t) => {
  const receiver = await startTestService(t);
  const signed = (type: string, written: string, id: string) =>
    send(receiver.url, `/callbacks/resurs/${type}/paymentId/${written}/digest/${computeDigest('sha1', id, SALT)}/`);

  const responses = [
    await signed('unfreeze', '/a//b/', 'a//b'),
    await signed('annulment', '/a//b/', '/a//b/'),
    await signed('booked', 'a//b', 'a/b'),
  ];

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 406],
  );
  assert.deepEqual(
    (await storedEvents(receiver)).map((event) => event.payment_id),
    ['a//b', '/a//b/'],
  );
});

test('a plus is a space in a query and itself in a path, and a slash may be part of an id', async (t) => {
  const receiver = await startTestService(t);
  const inPath = (id: string) => `/callbacks/resurs/unfreeze/paymentId/${id}/digest/`;

  const responses = [
    await send(receiver.url, `/callbacks/resurs?c=UNFREEZE&p=a+b%2Bc&d=${computeDigest('sha1', 'a b+c', SALT)}`),
    await send(receiver.url, `${inPath('a+b')}${computeDigest('sha1', 'a+b', SALT)}`),
    await send(receiver.url, `${inPath('2026/11%2F20')}${computeDigest('sha1', '2026/11/20', SALT)}`),
    await send(receiver.url, `${inPath('a%252Fb')}${computeDigest('sha1', 'a%2Fb', SALT)}`),
  ];

  for (const response of responses) assertAccepted(response, 'UNFREEZE');
  const ids = (await storedEvents(receiver)).map((event) => event.payment_id);
  assert.deepEqual(ids, ['a b+c', 'a+b', '2026/11/20', 'a%2Fb']);
});

test('characters that Postgres cannot store fail neither their callback nor the others in its batch', async (t) => {
  const receiver = await startTestService(t);
  const unusual = [
    '&r=%00',
    '&x=%00',
    '&%00=x',
    '&r=%ED%A0%80',
    '&x=%ED%A0%80',
    '&x=%5Cu0000',
    '&__proto__=1',
    "&x='%22%7B,%7D%5C",
  ];
  const unusualTargets = unusual.map((extra, n) => target('REFUND', `unusual-${n}`, { extra }));
  const neighbours = Array.from({ length: 40 }, (_, n) => target('UNFREEZE', `neighbour-${n}`));
  const all = [...unusualTargets, ...neighbours].map((url) =>
    send(receiver.url, url, { method: 'POST', body: '{"a":"\0\\u0000"}' }),
  );

  const responses = await Promise.all(all);

  for (const { status, body } of responses) assert.deepEqual([status, body], [204, '']);
  const count = unusual.length + neighbours.length;
  assert.deepEqual(await countRows(receiver), { events: count, receipts: count, deliveries: count, identities: count });
});

test('characters that Postgres cannot store still reach the merchant, readable', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: { WEBHOOK_URL: merchant.url, WEBHOOK_SECRET } });

  await send(receiver.url, target('REFUND', '1', { extra: '&r=A%00B&x=C%00D&__proto__=E' }), {
    method: 'POST',
    body: '\0',
  });

  const [request] = await merchant.waitFor(1);
  const { data } = JSON.parse(request?.body ?? '');
  assert.equal(data.result, 'A\uFFFDB');
  assert.deepEqual(Object.entries(data.parameters), Object.entries({ x: 'C\0D', ['__proto__']: 'E' }));
  assert.deepEqual([data.body, data.bodyText], [null, '\0']);
});

test('results that differ only in characters that cannot be stored are two events', async (t) => {
  const receiver = await startTestService(t);

  await send(receiver.url, target('AUTOMATIC_FRAUD_CONTROL', '1', { extra: '&r=A%00' }));
  await send(receiver.url, target('AUTOMATIC_FRAUD_CONTROL', '1', { extra: '&r=A%EF%BF%BD' }));

  assert.equal((await countRows(receiver)).events, 2);
});
