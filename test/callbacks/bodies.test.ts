/**
 * Bodies are stored byte for byte and never fail their callback, whatever content type they declare, up to 256 KiB.
 * Neither digest nor identity may depend on a parser. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { waitUntil } from '../harness/wait.ts';
import { type SendOptions, send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS, storedEvents } from '../helpers/database-state.ts';
import { openRequest } from '../helpers/partial-request.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const LIMIT_BYTES = 256 * 1024;
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  let number = 0;
  /** Sends each request for a payment of its own and returns the stored bodies, in order. */
  const sendEach = async (...sendings: SendOptions[]) => {
    for (const sending of sendings) {
      number += 1;
      assertAccepted(
        await send(receiver.url, target('UPDATE', `1000${number}`), { method: 'POST', ...sending }),
        'UPDATE',
      );
    }
    return (await storedEvents(receiver)).map(({ body }) => body);
  };
  return { receiver, sendEach };
}

test('a body is stored whatever its content type says', async (t) => {
  const { sendEach } = await setup(t);
  const types = ['application/json', 'application/Json', 'text/plain', 'nonsense', '', ';;;', 'a/b; charset="'];

  const bodies = await sendEach(
    { body: '{"a":1}' },
    ...types.map((type) => ({ body: '{"a":1}', headers: { 'content-type': type } })),
  );

  assert.deepEqual(new Set(bodies.map(String)), new Set(['{"a":1}']));
  assert.equal(bodies.length, types.length + 1);
});

test('a body is stored byte for byte whatever it contains', async (t) => {
  const { sendEach } = await setup(t);
  const unusual = [
    EVERY_BYTE,
    gzipSync('{"a":1}'),
    Buffer.from('{"a":'),
    Buffer.from('\ufeff{"a":1}'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('{"a":"å"}', 'latin1'),
    Buffer.from('{"a":"\\u0000","b":"\\ud800"}'),
    Buffer.from('[['.repeat(5_000)),
    Buffer.from('\0'),
    Buffer.from('{"n":1e400,"big":12345678901234567890.10}'),
  ];

  const bodies = await sendEach(...unusual.map((body) => ({ body })));

  assert.deepEqual(bodies, unusual);
});

test('a content encoding is not decoded, known or not', async (t) => {
  const { sendEach } = await setup(t);
  const zipped = gzipSync('{"a":1}');

  const bodies = await sendEach(
    { body: zipped, headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } },
    { body: 'plain', headers: { 'content-encoding': 'gzip' } },
    { body: 'plain', headers: { 'content-encoding': 'no-such, thing' } },
  );

  assert.deepEqual(bodies, [zipped, Buffer.from('plain'), Buffer.from('plain')]);
});

test('a body of no bytes counts as none, and a GET may have a body', async (t) => {
  const { sendEach } = await setup(t);

  const bodies = await sendEach(
    { body: '' },
    { headers: { 'transfer-encoding': 'chunked' } },
    {},
    { method: 'GET', body: '{}' },
  );

  assert.deepEqual(bodies, [null, null, null, Buffer.from('{}')]);
});

test('a chunked body is stored as one', async (t) => {
  const { receiver } = await setup(t);
  const partial = openRequest(t, { url: receiver.url, target: target('BOOKED', '1') });
  for (const part of ['{"a', '":', '1}']) partial.write(part);

  partial.end();

  assertAccepted(await partial.response, 'BOOKED');
  assert.deepEqual((await storedEvents(receiver))[0]?.body, Buffer.from('{"a":1}'));
});

test('a body of 256 KiB is stored, announced or chunked', async (t) => {
  const { receiver, sendEach } = await setup(t);
  const full = Buffer.alloc(LIMIT_BYTES, EVERY_BYTE);
  const partial = openRequest(t, { url: receiver.url, target: target('BOOKED', '1') });
  for (let at = 0; at < LIMIT_BYTES; at += 10_000) partial.write(full.subarray(at, at + 10_000));
  partial.end();

  assertAccepted(await partial.response, 'BOOKED');
  const bodies = await sendEach({ body: full });

  assert.deepEqual(
    bodies.map((body) => body?.equals(full)),
    [true, true],
  );
});

test('one byte more gets 413 and stores nothing, announced or chunked', async (t) => {
  const { receiver } = await setup(t);
  const tooLarge = Buffer.alloc(LIMIT_BYTES + 1, 'x');
  const partial = openRequest(t, { url: receiver.url, target: target('BOOKED', '1') });
  for (let at = 0; at < tooLarge.length; at += 10_000) partial.write(tooLarge.subarray(at, at + 10_000));
  partial.end();

  const responses = await Promise.all([
    partial.response,
    send(receiver.url, target('BOOKED', '2'), { method: 'POST', body: tooLarge }),
    send(receiver.url, target('BOOKED', '3'), { method: 'POST', body: Buffer.alloc(4 * 1024 * 1024) }),
  ]);

  for (const response of responses)
    assertResponse(response, { status: 413, reason: 'Body too large.', actual: 'BOOKED' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a client that disconnects in the middle of a body stores nothing and affects no other callback', async (t) => {
  const { receiver, sendEach } = await setup(t);
  const headers = { 'content-length': 100, expect: '100-continue' };
  const all = Array.from({ length: 10 }, (_, n) =>
    openRequest(t, { url: receiver.url, target: target('BOOKED', `${n}`), headers }),
  );
  await Promise.all(all.map(({ continued: invited }) => invited));
  for (const { write } of all) write('{"half":');

  for (const { abort: hangUp } of all) hangUp();

  assert.ok(await waitUntil(async () => receiver.log.filter(({ reason }) => reason === 'cut').length === all.length));
  assert.deepEqual(await sendEach({ body: '{}' }), [Buffer.from('{}')]);
});
