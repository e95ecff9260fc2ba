/**
 * Several processes on one database: equal callbacks at the same instant make one event, and within a payment sequence
 * is the order of the commits. Two services in this process, and two real processes. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, storedEvents } from '../helpers/database-state.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startProcess } from '../helpers/process.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';

const LINED = '{"addedPaymentSpecificationLines":[{"id":"7"}]}';

test('equal callbacks at the same instant make one event, on one process and on two', async (t) => {
  const one = await startTestService(t);
  const two = await startTestService(t, { databaseUrl: one.databaseUrl });
  const payments = Array.from({ length: 10 }, (_, n) => `10000${n}`);

  const responses = await Promise.all(
    payments.flatMap((payment) =>
      [one, two, one, two].map(({ url }) => send(url, target('UNFREEZE', payment), { method: 'POST', body: payment })),
    ),
  );

  for (const { status } of responses) assert.equal(status, 204);
  assert.deepEqual(await countRows(one), { events: 10, receipts: 40, deliveries: 10, identities: 10 });
});

test('a bare BOOKED and one with lines at the same instant never make more than two events', async (t) => {
  const one = await startTestService(t);
  const two = await startTestService(t, { databaseUrl: one.databaseUrl });
  const payments = Array.from({ length: 20 }, (_, n) => `10000${n}`);

  const responses = await Promise.all(
    payments.flatMap((payment) => [
      send(one.url, target('BOOKED', payment)),
      send(two.url, target('BOOKED', payment), { method: 'POST', body: LINED }),
      send(two.url, target('BOOKED', payment)),
      send(one.url, target('BOOKED', payment), { method: 'POST', body: LINED }),
    ]),
  );

  for (const { status } of responses) assert.equal(status, 204);
  for (const payment of payments) {
    const events = (await storedEvents(one)).filter((event) => event.payment_id === payment);
    const bodies = events.map(({ body }) => body?.toString() ?? null);
    // The first to arrive decides: lines alone, or a bare one and then lines.
    assert.ok(
      ['[null]', `[null,${JSON.stringify(LINED)}]`, `[${JSON.stringify(LINED)}]`].includes(JSON.stringify(bodies)),
    );
    assert.equal(bodies.filter((body) => body === LINED).length, 1);
    assert.equal(
      events.reduce((sum, { times }) => sum + times, 0),
      4,
    );
  }
});

test('two real processes store each of 200 mixed callbacks once, in sequence of their commits', async (t) => {
  const { url: databaseUrl } = await createDatabase(t);
  const [one, two] = await Promise.all([startProcess(t, databaseUrl), startProcess(t, databaseUrl)]);
  const types = ['UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'UPDATE', 'REFUND'];
  const watching = await watchSequence(t, databaseUrl);

  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, n) => {
      const fact = n >> 1;
      const { url } = n % 2 === 0 ? one : two;
      const type = types[fact % 5] ?? '';
      return send(url, target(type, `1000${fact % 7}`), { method: 'POST', body: `{"fact":${fact}}` });
    }),
  );

  for (const { status } of responses) assert.equal(status, 204);
  assert.deepEqual(await watching.end(), []);
  const query = ((text, values) => queryOnce(databaseUrl, text, values)) as TestService['query'];
  // 7 payments with one event each of the three types that happen once, and 20 bodies each of the two others.
  assert.deepEqual(await countRows({ query }), { events: 61, receipts: 200, deliveries: 61, identities: 61 });
});

/** Reads the events over and over; `end` returns those that became visible after a later one of their payment. */
async function watchSequence(t: TestContext, databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  t.after(() => client.end());
  const latest = new Map<string, number>();
  const seen = new Set<number>();
  const late: number[] = [];
  let isWatching = true;
  const watch = async () => {
    const { rows } = await client.query('select payment_key, sequence::int from events order by sequence');
    const before = new Map(latest);
    for (const { payment_key, sequence } of rows) {
      if (!seen.has(sequence) && sequence < (before.get(payment_key) ?? 0)) late.push(sequence);
      seen.add(sequence);
      latest.set(payment_key, Math.max(sequence, latest.get(payment_key) ?? 0));
    }
  };
  const watched = (async () => {
    while (isWatching) await watch();
  })();
  return {
    async end() {
      isWatching = false;
      await watched;
      assert.ok(seen.size > 0);
      return late;
    },
  };
}
