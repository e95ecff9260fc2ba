/**
 * Signatures that every Standard Webhooks library accepts: verified by the standard's own package, as merchants verify
 * them, and by either secret while one is being replaced by the other.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signatureHeader, signingKey } from '../../src/deliveries/signature.ts';

const CURRENT = `whsec_${Buffer.alloc(24, 'current').toString('base64')}`;
const PREVIOUS = `whsec_${Buffer.alloc(64, 'previous').toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;
const ID = 'evt_01234567-89ab-7cde-8f01-23456789abcd';

function headersFor(secrets: readonly string[], body: Buffer) {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = signatureHeader(secrets.map(signingKey), { id: ID, timestamp, body });
  return { 'webhook-id': ID, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
}

test('any text verifies with its secret', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const headers = headersFor([CURRENT], Buffer.from(text));

      assert.deepEqual(new Webhook(CURRENT).verify(text, headers), JSON.parse(text));
    }),
  );
});

test('with two secrets the message verifies with either of them and with no other', () => {
  const headers = headersFor([CURRENT, PREVIOUS], Buffer.from('{"a":"ö"}'));

  assert.deepEqual(new Webhook(CURRENT).verify('{"a":"ö"}', headers), { a: 'ö' });
  assert.deepEqual(new Webhook(PREVIOUS).verify('{"a":"ö"}', headers), { a: 'ö' });
  assert.throws(() => new Webhook(OTHER).verify('{"a":"ö"}', headers));
  assert.match(headers['webhook-signature'], /^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
});

test('another body, id or time does not verify', () => {
  const headers = headersFor([CURRENT], Buffer.from('{"a":1}'));
  const earlier = String(Number(headers['webhook-timestamp']) - 1);

  const webhook = new Webhook(CURRENT);
  assert.throws(() => webhook.verify('{"a":2}', headers));
  assert.throws(() => webhook.verify('{"a":1}', { ...headers, 'webhook-id': 'evt_other' }));
  assert.throws(() => webhook.verify('{"a":1}', { ...headers, 'webhook-timestamp': earlier }));
});

test('the bytes are signed as they are, also when they are not text', () => {
  const sign = (body: Buffer) => signatureHeader([signingKey(CURRENT)], { id: ID, timestamp: 1, body });

  assert.notEqual(sign(Buffer.from([0xff])), sign(Buffer.from([0xfe])));
});
