/**
 * What `POST /replays` starts: by reason and by ids, not more than was expected, once for each Idempotency-Key; how it is
 * shown and stopped; and what is kept of who did it. Real HTTP and Postgres; no webhook, so nothing is sent.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { askReplay, replayById, replayEnded, replayedBy, replayedPayments, resetReplays } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 5, payment: 'dead', state: 'dead_letter' });
  await seedEvents(receiver, { count: 1, payment: 'waiting', state: 'pending' });
  await seedEvents(receiver, { count: 2, payment: 'sent' });
  return receiver;
}

const DEAD = { state: 'dead_letter' };

async function idsOf(receiver: TestService, ...payments: string[]): Promise<string[]> {
  const rows = await receiver.query<{ id: string }>(
    `select 'evt_' || id as id from events where payment_key = any ($1)`,
    [payments],
  );
  return rows.map(({ id }) => id);
}

test('a reason is the outcome or the status of the last attempt', async (t) => {
  const receiver = await setup(t);
  await receiver.query(`
    update deliveries set first_outcome = 'timed_out', first_status = null
    where sequence = (select sequence from events where payment_key = 'dead-1')`);
  // Those of several attempts have rows of their own.
  await receiver.query(`
    with several as (
      update deliveries set first_outcome = null, first_started_at = null, first_duration_ms = null, first_status = null,
                            attempt_count = 2
      where sequence in (select sequence from events where payment_key in ('dead-2', 'dead-3')) returning sequence
    )
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
    select sequence, n, now(), 1, case n when 1 then 'timed_out' else 'refused' end, case n when 2 then 503 end
    from several, generate_series(1, 2) n`);
  const cases = [
    [{ ...DEAD, reason: 'timed_out' }, ['dead-1']],
    [{ ...DEAD, reason: '503' }, ['dead-2', 'dead-3']],
    [{ from: '2020-01-01', reason: 'refused' }, ['dead-2', 'dead-3', 'dead-4', 'dead-5']],
    [{ paymentId: 'dead-2', reason: 'timed_out' }, []],
    [{ state: 'delivered', reason: 'accepted' }, ['sent-1', 'sent-2']],
  ] as const;

  for (const [filter, payments] of cases) {
    const { json } = await askReplay(receiver, { ...filter, dryRun: true });
    await replayedBy(receiver, filter);

    assert.deepEqual(
      [json.count, await replayedPayments(receiver)],
      [payments.length, payments],
      JSON.stringify(filter),
    );
    await resetReplays(receiver);
  }
});

test('ids of many payments are replayed, each once, and those that are unfinished or unknown are not', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 996, payment: 'many' });
  await seedEvents(receiver, { count: 2, payment: 'other' });
  await seedEvents(receiver, { count: 1, payment: 'waiting', state: 'pending' });
  const rows = await receiver.query<{ id: string }>(
    `select 'evt_' || id as id from events where payment_key not like 'other%' order by id`,
  );
  const known = rows.map(({ id }) => id);
  const ids = [...known, ...known.slice(0, 2), 'evt_01234567-89ab-7cde-8f01-23456789abcd'];

  const { status, json } = await askReplay(receiver, { ids, expected: 996 });
  const ended = await replayEnded(receiver, json.id ?? '');
  const one = await replayedBy(receiver, { ids: await idsOf(receiver, 'other-1', 'other-2'), paymentId: 'other-2' });

  assert.equal(ids.length, 1_000);
  assert.deepEqual([status, json.count, ended.replayed, one], [202, 996, 996, 1]);
  const replayed = await replayedPayments(receiver);
  assert.deepEqual([replayed.length, replayed.at(-1)], [997, 'other-2']);
});

test('more deliveries than expected get 409 and nothing is kept, and as many as expected are replayed', async (t) => {
  const receiver = await setup(t);

  const refused = await askReplay(receiver, { ...DEAD, expected: 4 }, { 'idempotency-key': 'a' });
  const kept = await receiver.query('select id from replays union all select null from actions');
  const counted = await askReplay(receiver, { ...DEAD, expected: 4, dryRun: true });

  assert.deepEqual([refused.status, refused.json.error?.code], [409, 'more_than_expected']);
  assert.equal(refused.json.error?.message, '5 deliveries match, more than expected. Nothing is sent again.');
  assert.deepEqual([kept, counted.status, counted.json.count], [[], 202, 5]);
  assert.equal(await replayedBy(receiver, { ...DEAD, expected: 5 }), 5);
});

test('the same request under the same key gets the same response and does nothing more', async (t) => {
  const receiver = await setup(t);
  const key = { 'idempotency-key': '"8e03978e-40d5" ~!' };

  const first = await askReplay(receiver, { from: '2020-01-01', expected: 7 }, key);
  await replayEnded(receiver, first.json.id ?? '');
  await resetReplays(receiver);
  const second = await askReplay(receiver, { from: '2020-01-01T00:00:00Z', expected: 7 }, key);
  const others = [
    await askReplay(receiver, { from: '2020-01-01' }, key),
    await askReplay(receiver, { ...DEAD, expected: 7 }, key),
  ];

  assert.deepEqual([first.status, first.json.count], [202, 7]);
  assert.deepEqual(second, first);
  assert.deepEqual(
    others.map(({ status, json }) => [status, json.error?.code]),
    [
      [422, 'key_reused'],
      [422, 'key_reused'],
    ],
  );
  assert.deepEqual(await replayedPayments(receiver), []);
  assert.equal((await askReplay(receiver, DEAD, { 'idempotency-key': 'x'.repeat(255) })).status, 202);
});

test('a key that is empty, too long or not ASCII gets 400', async (t) => {
  const receiver = await setup(t);

  for (const key of ['', 'x'.repeat(256), 'nyckel-å', 'a\tb']) {
    const { status, json } = await askReplay(receiver, DEAD, { 'idempotency-key': key });

    assert.deepEqual([status, json.error?.code], [400, 'bad_request'], key);
    assert.match(json.error?.message ?? '', /idempotency-key/);
  }
  assert.deepEqual(await replayedPayments(receiver), []);
});

/** As a request does that is kept under the key just now. */
const KEEP_BOTH = `
  insert into replays (id, filter, up_to, count, idempotency_key, request_hash, created_by)
  values (gen_random_uuid(), '{}', 0, 0, 'both', '', '')`;

test('two equal requests at the same moment start one replay', async (t) => {
  const receiver = await setup(t);
  // Both have counted, and wait to be kept.
  const third = await beginBlocking(t, receiver.databaseUrl, KEEP_BOTH);

  const both = [1, 2].map(() => askReplay(receiver, DEAD, { 'idempotency-key': 'both' }));
  await waitForBlocked(receiver, 2);
  await third.release();
  const [one, other] = await Promise.all(both);

  assert.deepEqual(one, other);
  assert.deepEqual([one?.status, one?.json.count], [202, 5]);
  const rows = await receiver.query(`select (select count(*)::int from replays) as replays,
    (select count(*)::int from actions where action = 'replay.started') as actions`);
  assert.deepEqual(rows, [{ replays: 1, actions: 1 }]);
});

test('what operators do is kept with who did it', async (t) => {
  const receiver = await setup(t);
  const [sent = ''] = await idsOf(receiver, 'sent-1');
  const by = { 'x-operator': 'Anna, support' };

  const { id = '' } = (await askReplay(receiver, { ...DEAD, reason: '200', from: '2020-01-01' }, by)).json;
  await replayEnded(receiver, id);
  await requestStatusApi(receiver, 'POST', `/events/${sent}/replay`, { headers: { ...by, 'x-operator': 'Bö' } });
  await askReplay(receiver, { ids: [sent] });
  await askReplay(receiver, { ...DEAD, dryRun: true });
  await replayById(receiver, id, 'DELETE');

  const actions = await receiver.query('select action, operator, detail from actions order by id');
  assert.deepEqual(
    actions.map(({ action, operator }) => [action, operator]),
    [
      ['replay.started', 'Anna, support'],
      ['event.replayed', 'Bö'],
      ['replay.started', 'STATUS_TOKEN'],
    ],
  );
  const from = '2020-01-01T00:00:00.000Z';
  assert.deepEqual(actions[0]?.detail, { id, count: 5, state: 'dead_letter', from, reason: '200' });
  assert.deepEqual(actions[1]?.detail, { id: sent });
  assert.deepEqual([actions[2]?.detail.ids, actions[2]?.detail.count], [1, 0]);
});

test('an unknown replay gets 404, and one that has ended is not stopped any more', async (t) => {
  const receiver = await setup(t);
  const { id = '' } = (await askReplay(receiver, DEAD)).json;
  const ended = await replayEnded(receiver, id);

  for (const other of ['x', '%00', id.toUpperCase(), `${id}'`, '01234567-89ab-4cde-8f01-23456789abcd']) {
    for (const method of ['GET', 'DELETE'] as const) {
      assert.equal((await replayById(receiver, other, method)).status, 404, `${method} ${other}`);
    }
  }
  assert.deepEqual(await replayById(receiver, id, 'DELETE'), { status: 202, json: ended });
  assert.deepEqual(await replayById(receiver, id), { status: 200, json: ended });
});

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly by: string;
  readonly filter: Readonly<Record<string, unknown>>;
}

async function listed(receiver: TestService, query = ''): Promise<readonly Listed[]> {
  const { status, json } = await receiver.status(`/replays${query}`);
  assert.equal(status, 200);
  return (json as { replays: Listed[] }).replays;
}

test('replays are listed newest first, with who asked for what', async (t) => {
  const receiver = await setup(t);
  assert.deepEqual(await listed(receiver), []);
  const first = (await askReplay(receiver, { ...DEAD, reason: '200', from: '2020-01-01' })).json.id ?? '';
  const ids = await idsOf(receiver, 'sent-1', 'sent-2');
  const second = (await askReplay(receiver, { ids }, { 'x-operator': 'Eva' })).json.id ?? '';
  for (const id of [first, second]) await replayEnded(receiver, id);

  const replays = await listed(receiver);

  assert.deepEqual(
    replays.map(({ id, state, by, filter }) => [id, state, by, filter]),
    [
      [second, 'done', 'Eva', { ids: 2 }],
      [first, 'done', 'STATUS_TOKEN', { state: 'dead_letter', from: '2020-01-01T00:00:00.000Z', reason: '200' }],
    ],
  );
  const { by: _, filter: __, ...shown } = replays[0] ?? assert.fail();
  assert.deepEqual(shown, (await replayById(receiver, second)).json);
  assert.deepEqual(
    (await listed(receiver, '?limit=1')).map(({ id }) => id),
    [second],
  );
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=', 'cursor=x', 'limit=1&limit=2']) {
    assert.equal((await requestStatusApi(receiver, 'GET', `/replays?${query}`)).status, 400, query);
  }
});
