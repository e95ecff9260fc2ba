/**
 * `GET /actions`: who erased, mocked and tested what, newest first, however hostile the name that an operator gives; and
 * old actions are pruned. Real service and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRetention } from '../../src/events/retention.ts';
import { recordAction } from '../../src/operators/actions.ts';
import { operatorOf } from '../../src/status/operator.ts';
import type { RawResponse } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Page {
  readonly actions: readonly { at: string; action: string; by: string; detail: Record<string, unknown> }[];
  readonly next: string | null;
}

async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  return startTestService(t, { env: webhookEnv(merchant.url, { MOCK_ERRORS: 'true' }) });
}

function change(
  receiver: TestService,
  method: string,
  path: string,
  { body, ...headers }: Record<string, string> = {},
): Promise<RawResponse> {
  if (body === undefined) return requestStatusApi(receiver, method, path, { headers });
  return requestStatusApi(receiver, method, path, {
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

async function list(receiver: TestService, query = ''): Promise<Page> {
  const { status, body } = await requestStatusApi(receiver, 'GET', `/actions${query}`);
  assert.equal(status, 200, body);
  return JSON.parse(body);
}

const mock = JSON.stringify({ callback: 'booked', code: 503, message: 'Secret words', times: 2 });

test('an erasure and mocked errors are kept with who wanted them, the newest first', async (t) => {
  const receiver = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered'], 1);
  const erase = { body: '{"confirm": "p1"}', 'x-operator': 'Eva at the shop' };

  await change(receiver, 'PUT', '/mock-error', { body: mock, 'x-operator': 'Per' });
  await change(receiver, 'DELETE', '/mock-error');
  await change(receiver, 'DELETE', '/mock-error');
  await change(receiver, 'PUT', '/mock-error', { body: '{}' });
  await change(receiver, 'DELETE', '/payments/p1', erase);
  await change(receiver, 'DELETE', '/payments/p1', erase);
  await change(receiver, 'DELETE', '/payments/p1', { body: '{"confirm": "p2"}' });

  const { actions, next } = await list(receiver);
  assert.deepEqual(
    actions.map(({ action, by, detail }) => [action, by, detail]),
    [
      ['payment.erased', 'Eva at the shop', { paymentId: 'p1', provider: 'resurs-ecom', events: 1 }],
      ['mock_error.removed', 'STATUS_TOKEN', {}],
      ['mock_error.set', 'Per', { callback: 'BOOKED', code: 503, times: 2 }],
    ],
  );
  assert.equal(next, null);
  assert.ok(actions.every(({ at }) => Math.abs(Date.parse(at) - Date.now()) < 60_000));
});

test('nothing is erased whose action cannot be kept', async (t) => {
  const receiver = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered'], 1);
  await receiver.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      raise exception using errcode = '53100', message = 'disk full';
    end $$`);
  await receiver.query('create trigger refuse before insert on actions for each row execute function refuse()');
  const erase = () => change(receiver, 'DELETE', '/payments/p1', { body: '{"confirm": "p1"}' });

  const refused = await erase();
  const [{ count } = {}] = await receiver.query('select count(*)::int from events where erased_at is not null');
  await receiver.query('drop trigger refuse on actions');
  const erased = await erase();

  assert.deepEqual([refused.status, count, erased.status], [503, 0, 204]);
  assert.deepEqual(
    (await list(receiver)).actions.map(({ action }) => action),
    ['payment.erased'],
  );
});

test('pages follow each other by a cursor that new actions do not move', async (t) => {
  const receiver = await startTestService(t);
  const add = (from: number, to: number) =>
    receiver.query(
      `insert into actions (action, operator, detail)
       select 'event.replayed', 'Eva', json_build_object('n', n) from generate_series($1::int, $2::int) n`,
      [from, to],
    );
  await add(1, 120);
  const numbers = ({ actions }: Page) => actions.map(({ detail }) => detail.n);

  const first = await list(receiver, '?limit=60');
  await add(121, 130);
  const second = await list(receiver, `?limit=60&cursor=${first.next}`);

  assert.deepEqual(
    [...numbers(first), ...numbers(second)],
    Array.from({ length: 120 }, (_, n) => 120 - n),
  );
  assert.equal(second.next, null);
  assert.equal((await list(receiver)).actions.length, 50);
  for (const query of ['?limit=0', '?limit=201', '?limit=x', '?cursor=x', '?cursor=', '?by=Eva']) {
    assert.equal((await requestStatusApi(receiver, 'GET', `/actions${query}`)).status, 400, query);
  }
});

for (const [name, value, expected] of [
  ['64 characters', 'x'.repeat(64), 'x'.repeat(64)],
  ['65 characters', 'x'.repeat(65), 'STATUS_TOKEN'],
  ['none', undefined, 'STATUS_TOKEN'],
  ['an empty one', '', 'STATUS_TOKEN'],
  ['a control character', 'E\tva', 'STATUS_TOKEN'],
  ['a letter in ISO-8859-1', 'Åsa', 'Åsa'],
  ['a letter in UTF-8', Buffer.from('Åsa 見').toString('latin1'), 'Åsa 見'],
  ['markup', '<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['several values', ['Eva', 'Per'], 'STATUS_TOKEN'],
] as const) {
  test(`with ${name} as x-operator, the action is of ${expected.slice(0, 30)}`, () => {
    const given = typeof value === 'string' || value === undefined ? value : [...value];

    assert.equal(operatorOf({ headers: { 'x-operator': given } }), expected);
  });
}

test('old actions are pruned in batches, and 0 keeps all', async (t) => {
  const { db, query } = await createTestOutbox(t);
  await query(
    `insert into actions (at, action, operator, detail)
     select now() - interval '401 days', 'event.replayed', 'Eva', '{}' from generate_series(1, 700)`,
  );
  await recordAction(db, { action: 'alert.tested', operator: 'Per', detail: {} });
  const count = async () => (await query<{ count: number }>('select count(*)::int from actions'))[0]?.count;

  const kept = await createRetention(db, 0).pruneBatch();
  assert.deepEqual([kept.hasMore, await count()], [false, 701]);

  const retention = createRetention(db, 400);
  const first = await retention.pruneBatch();
  assert.deepEqual([first.hasMore, await count()], [true, 201]);
  const second = await retention.pruneBatch();
  assert.deepEqual([second.hasMore, await count()], [false, 1]);
});
