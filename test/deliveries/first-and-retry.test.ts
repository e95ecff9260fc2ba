/**
 * The first attempt is sent from memory, its retry from the database: the merchant receives the same bytes, however
 * unusual the callback. Otherwise a signature over a stored body would prove nothing. Over HTTP for a table of unusual
 * callbacks, and by the statements alone for callbacks that fast-check generates.
 */
import assert from 'node:assert/strict';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ReceivedCallback, toEvent } from '../../src/callbacks/ecom/to-event.ts';
import { type Claim, releaseClaims } from '../../src/deliveries/claim.ts';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { type BatchRow, recordBatch } from '../../src/inbox/record.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, type SendOptions, send } from '../helpers/callbacks.ts';
import { waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createTestOutbox, type TestOutbox } from '../helpers/outbox.ts';
import { parseTarget } from '../helpers/parse.ts';
import { startTestService } from '../helpers/service.ts';

const post = (body: string | Buffer): SendOptions => ({ method: 'POST', body });

/** The rest of the query after type, payment and digest, and how the callback is sent. */
const UNUSUAL_CALLBACKS: Record<string, readonly [type: string, extra: string, sending?: SendOptions]> = {
  'nothing else': ['UNFREEZE', ''],
  'names of the prototype': ['UNFREEZE', '&__proto__=x&constructor=y&toString=z&hasOwnProperty='],
  'numbers as names, out of order': ['UNFREEZE', '&10=a&2=b&01=c&=d'],
  'NUL, quotes and a line separator': ['UNFREEZE', '&a=%00%22%5C%E2%80%A8%0A&%00=%01'],
  'a pair of surrogates, and the escape of one alone': ['UNFREEZE', '&a=%F0%9F%92%B6&b=%5Cud800'],
  'time zero': ['UNFREEZE', '&t=0'],
  'the last second before the year 10000': ['UNFREEZE', '&t=253402300799'],
  'a time beyond the year 10000': ['UNFREEZE', '&t=999999999999'],
  'a result that does not belong': ['UNFREEZE', '&r=%00x%F0%9F%92%B6'],
  'an empty result': ['ANNULMENT', '&r='],
  'an unknown type': ['SOMETHING.NEW-1', '&r=DONE'],
  'an empty body': ['UPDATE', '', post('')],
  'a body of JSON': ['UPDATE', '', post('{"b":1.50,"a":[1e400,"\\u00e5"],"b2":{"__proto__":1}}')],
  'a body with a byte order mark': ['UPDATE', '', post(Buffer.from('\ufeff{"a":1}'))],
  'a body with a NUL escape': ['UPDATE', '', post('{"a":"\\u0000"}')],
  'a body with a surrogate alone': ['UPDATE', '', post('{"a":"\\ud800"}')],
  'a body with a key twice': ['UPDATE', '', post('{"a":1,"a":2}')],
  'a body with bytes that are no UTF-8': ['UPDATE', '', post(Buffer.from([0, 255, 254, 34, 10]))],
  'a body of text': ['UPDATE', '', post('a=1&b=\u0000')],
  'a change': ['UPDATE', '', post('{"paymentDiff":{"type":"DEBIT","created":253402300799000,"createdBy":"å"}}')],
  'a body of BOOKED': ['BOOKED', '', post('{"addedPaymentSpecificationLines":[{"quantity":0.10}]}')],
};

test('a retry sends the same bytes as the first attempt', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ attempt }, response) => response.writeHead(attempt === 1 ? 500 : 204).end());
  const schedule = { WEBHOOK_RETRY_SCHEDULE: '1ms', FORWARD_TEST_CALLBACKS: 'true' };
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, schedule) });
  const targets: [name: string, target: string, sending: SendOptions | undefined][] = Object.entries(
    UNUSUAL_CALLBACKS,
  ).map(([name, [type, extra, sending]], n) => {
    return [name, `c=${type}&p=p${n}%C3%A5&d=${computeDigest('sha1', `p${n}å`, SALT)}${extra}`, sending];
  });
  for (const [result, signed] of [
    ['FROZEN', 'fraudFROZEN'],
    ['THAWED', 'fraud'],
  ] as const) {
    const digest = computeDigest('sha1', signed, SALT);
    targets.push([result, `c=AUTOMATIC_FRAUD_CONTROL&p=fraud&r=${result}&d=${digest}`, undefined]);
  }
  targets.push(['TEST', `c=TEST&param1=a%00%C3%A5&param3=%20&d=${computeDigest('sha1', 'a\0å ', SALT)}`, undefined]);

  for (const [name, query, sending] of targets) {
    const { status, reason } = await send(receiver.url, `/callbacks/resurs?${query}`, sending);
    assert.equal(status, 204, `${name}: ${reason}`);
    // After each one, so that none is blocked and every first attempt is sent from memory.
    await waitForStates(receiver, ['delivered'], targets.findIndex(([one]) => one === name) + 1);
  }

  const attempts = Map.groupBy(merchant.received, ({ id }) => id);
  assert.equal(attempts.size, targets.length);
  [...attempts.values()].forEach(([first, second, ...more], index) => {
    assert.equal(second?.body, first?.body, targets[index]?.[0]);
    assert.deepEqual([first?.attempt, second?.attempt, more], [1, 2, []]);
  });
});

const anything = fc.string({ unit: 'binary', maxLength: 12 });
const encoded = anything.map((text) => encodeURIComponent(text.toWellFormed()));
const extras = fc.array(fc.tuple(fc.constantFrom('__proto__', 'env', '7', '%00', 'a%C3%A5', 'r', 't'), encoded), {
  maxLength: 5,
});
const arrivals = fc.record({
  type: fc.constantFrom('UPDATE', 'UNFREEZE', 'AUTOMATIC_FRAUD_CONTROL', 'NEW', 'TEST'),
  extras,
  time: fc.option(fc.integer({ min: 0, max: 999_999_999_999 }), { nil: null }),
  body: fc.option(fc.oneof(fc.json().map(Buffer.from), anything.map(Buffer.from), fc.uint8Array().map(Buffer.from)), {
    nil: null,
  }),
  method: fc.constantFrom('GET' as const, 'POST' as const),
  verified: fc.record(
    { digest: fc.boolean(), result: fc.boolean(), basicAuth: fc.boolean(), source: fc.boolean() },
    { noNullPrototype: true },
  ),
});

/** The event of a generated callback, or none where its form is refused. */
function toBatchRows(
  arrival: Omit<ReceivedCallback, 'callback'> & { type: string; extras: [string, string][]; time: number | null },
) {
  const { type, time, ...rest } = arrival;
  const id = randomUUIDv7();
  const own = type === 'TEST' ? `param1=${id}` : `p=${id}`;
  const result = type === 'AUTOMATIC_FRAUD_CONTROL' ? '&r=FROZEN' : '';
  const more = arrival.extras.map(([name, value]) => `&${name}=${value}`).join('');
  const parsed = parseTarget(`/cb?c=${type}&${own}${result}${time === null ? '' : `&t=${time}`}${more}`, '/cb');
  if (parsed.outcome !== 'parsed') return [];
  return [{ id, receipts: 1, deliver: true, event: toEvent({ ...rest, callback: parsed.callback }, 60_000) }];
}

/** Each delivery as the storing statement claims it, and as it is claimed again. */
async function claimTwice(
  outbox: TestOutbox,
  batch: readonly BatchRow[],
): Promise<[born: Claim, again: Claim | undefined][]> {
  const claims = { max: batch.length, token: randomUUID(), leaseMs: 60_000 };
  const { claims: born } = await recordBatch(outbox.db, batch, { maxEventsPerPayment: 0, claims });
  await releaseClaims(outbox.db, born);
  const again = new Map((await outbox.claim(128)).map((claim) => [claim.eventId, claim]));
  await outbox.deliver(...again.values());
  return born.map((claim) => [claim, again.get(claim.eventId)]);
}

test('whatever a callback contains, an attempt from memory and one from the database are the same', async (t) => {
  const outbox = await createTestOutbox(t);

  await fc.assert(
    fc.asyncProperty(fc.array(arrivals, { minLength: 20, maxLength: 60 }), async (batch) => {
      const rows = batch.flatMap(toBatchRows);
      const pairs = await claimTwice(outbox, rows);

      assert.equal(pairs.length, rows.length);
      for (const [born, again] of pairs) {
        assert.equal(String(again && renderPayload(again.event, 'test')), String(renderPayload(born.event, 'test')));
        assert.deepEqual({ ...again, token: '' }, { ...born, token: '' });
      }
    }),
    { numRuns: 25 },
  );
});
