/**
 * BOOKED arrives as a POST with lines, as a POST without, or as a bare GET after a failed POST. A bare one adds nothing
 * to a BOOKED that is stored; one with lines is a fact of its own. Over HTTP, counted in Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../../helpers/callbacks.ts';
import { countRows, expireWindows, storedEvents } from '../../helpers/database-state.ts';
import { startTestService } from '../../helpers/service.ts';

const EMPTY = '{"addedPaymentSpecificationLines":[]}';
const LINED = '{"addedPaymentSpecificationLines":[{"id":"7","artNo":"FEE-1","totalAmount":25.0}]}';
const OTHER = '{"addedPaymentSpecificationLines":[{"id":"8","artNo":"FEE-2","totalAmount":25.0}]}';

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  const sendBooked = async (...bodies: (string | null)[]) => {
    for (const body of bodies) {
      const sending = body === null ? {} : { method: 'POST', body };
      assert.equal((await send(receiver.url, target('BOOKED', '100000016'), sending)).status, 204);
    }
  };
  return { receiver, sendBooked, times: async () => (await storedEvents(receiver)).map((event) => event.times) };
}

test('BOOKED without lines is one event, with or without a body', async (t) => {
  const { receiver, sendBooked } = await setup(t);

  await sendBooked(null, EMPTY, '{}', '[]', ' { "addedPaymentSpecificationLines" : [ ] } ', '');
  await sendBooked('null', '{"addedPaymentSpecificationLines":null}', ' \n', '\ufeff', `\ufeff${EMPTY}`);

  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 11, deliveries: 1, identities: 1 });
});

test('BOOKED without lines after one with lines is a receipt of the first', async (t) => {
  const { sendBooked, times } = await setup(t);

  await sendBooked(LINED, OTHER, null, EMPTY, LINED);

  assert.deepEqual(await times(), [4, 1]);
});

test('BOOKED with a byte order mark is the same as without', async (t) => {
  const { sendBooked, times } = await setup(t);

  await sendBooked(LINED, `\ufeff${LINED}`, `\ufeff${OTHER}`, OTHER);

  assert.deepEqual(await times(), [2, 2]);
});

test('BOOKED with lines after one without is an event of its own', async (t) => {
  const { sendBooked, times } = await setup(t);

  await sendBooked(EMPTY, LINED, OTHER, LINED, null);

  assert.deepEqual(await times(), [2, 2, 1]);
});

test('an unreadable body counts as a body', async (t) => {
  const { sendBooked, times } = await setup(t);

  await sendBooked('addedPaymentSpecificationLines=', EMPTY, '{"addedPaymentSpecificationLines":', '{"lines":"[]"}');

  assert.deepEqual(await times(), [2, 1, 1]);
});

test('after its window BOOKED without lines is a new event, although the window of lines is still open', async (t) => {
  const { receiver, sendBooked, times } = await setup(t);
  await sendBooked(LINED);
  await receiver.query(`update identities set expires_at = now() where key = 'BOOKED'`);

  await sendBooked(LINED, null, null, LINED);

  assert.deepEqual(await times(), [3, 2]);
});

test('lines that are repeated after all windows count as the first BOOKED again', async (t) => {
  const { receiver, sendBooked, times } = await setup(t);
  await sendBooked(null, LINED);
  await expireWindows(receiver);

  await sendBooked(LINED, null, OTHER, null);

  assert.deepEqual(await times(), [1, 1, 3, 1]);
});

test('lines whose own window has passed do not shorten the window of the first BOOKED', async (t) => {
  const { receiver, sendBooked, times } = await setup(t);
  await sendBooked(null, LINED);
  await expireWindows(receiver, 'BOOKED:');

  await sendBooked(LINED, null);

  assert.deepEqual(await times(), [2, 1, 1]);
});
