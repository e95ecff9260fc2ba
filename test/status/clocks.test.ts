/**
 * A time range where the times of receipt are not in the order of the sequence, as after a failover between database
 * servers with different clocks, or after a step of one clock: everything inside the range is found, nothing outside,
 * `from` is inclusive and `to` exclusive. For lists and for replays; the expected result comes from filtering every
 * row.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { postReplays } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const COUNT = 300;
/** Sequences apart, so that the slack of events/scan.ts (10 000) is a hundred events. */
const GAP = 100;

/** One event a minute; every third clock is 80 minutes behind, every fifth 80 ahead, and some times are equal. */
const STORE = `
  with stored as (
    insert into events (sequence, id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    overriding system value
    select n * ${GAP}, gen_random_uuid(), 'p' || n % 7, 'p' || n % 7, 'UPDATE', case n % 2 when 0 then 'payment.updated' else 'payment.other' end,
           'GET', '{}', timestamptz '2026-01-01' + n / 2 * 2 * interval '1 min'
             - (n % 3 = 0)::int * interval '80 min' + (n % 5 = 0)::int * interval '80 min',
           '{"digest": true, "result": true, "basicAuth": false, "source": false}'
    from generate_series(1, ${COUNT}) n
    returning sequence
  )
  insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
  select sequence, 'delivered', 1, 1, now() from stored`;

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await receiver.query(STORE);
  const events = await receiver.query<{ sequence: number; at: Date; type: string; payment: string }>(
    `select sequence::int, received_at as at, type, payment_key as payment from events order by sequence desc`,
  );
  return { receiver, events };
}

/** All pages of the list. */
async function list(receiver: TestService, limit: number, filter: Record<string, string>): Promise<number[]> {
  const found: number[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...filter, limit: String(limit), ...(cursor === null ? {} : { cursor }) });
    const { status, json } = await receiver.status(`/events?${query}`);
    assert.equal(status, 200, JSON.stringify(json));
    const page: { events: { sequence: number }[]; next: string | null } = json;
    found.push(...page.events.map(({ sequence }) => sequence));
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

/** Ranges that begin and end at the times of events, and a millisecond before or after them. */
function rangesOf(events: readonly { readonly at: Date }[]): { from: string; to: string }[] {
  const times = events.map(({ at }) => at.getTime());
  return [3, 101, 152, 297].flatMap((start) => {
    return [1, 20, 90].map((length, index) => {
      const [a = 0, b = 0] = [times[start], times[Math.max(0, start - length)]];
      const [from, to] = [Math.min(a, b) + (index - 1), Math.max(a, b) + (1 - index)];
      return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    });
  });
}

const FILTERS: readonly Record<string, string>[] = [
  {},
  { type: 'payment.updated' },
  { paymentId: 'p3' },
  { state: 'delivered' },
];

test('a list contains exactly what was received in the range', async (t) => {
  const { receiver, events } = await setup(t);
  let listed = 0;

  for (const filter of FILTERS) {
    for (const range of [...rangesOf(events), { from: '2026-01-01T01:00:00Z' }, { to: '2026-01-01T03:00:00Z' }]) {
      const found = await list(receiver, 120, { ...filter, ...range });

      assert.deepEqual(found, expected(events, { ...filter, ...range }), JSON.stringify({ ...filter, ...range }));
      listed += found.length;
    }
  }
  assert.ok(listed > COUNT, `${listed} in all`);
});

test('a replay covers exactly what was received in the range', async (t) => {
  const { receiver, events } = await setup(t);
  const done = new Set<number>();

  for (const range of rangesOf(events)) {
    const inRange = expected(events, range).filter((sequence) => !done.has(sequence));
    const counted = await postReplays(receiver, { ...range, dryRun: true });
    const replayed = await postReplays(receiver, range);

    for (const sequence of inRange) done.add(sequence);
    assert.deepEqual(
      [counted.json.count, replayed.json.count],
      [inRange.length, inRange.length],
      JSON.stringify(range),
    );
  }
  const rows = await receiver.query<{ sequence: number }>('select sequence::int from outbox order by sequence');
  assert.deepEqual(
    rows.map(({ sequence }) => sequence),
    [...done].toSorted((a, b) => a - b),
  );
});

function expected(
  events: readonly { sequence: number; at: Date; type: string; payment: string }[],
  { from, to, type, paymentId }: Record<string, string>,
): number[] {
  return events
    .filter(({ at }) => (from === undefined || at >= new Date(from)) && (to === undefined || at < new Date(to)))
    .filter(
      (event) =>
        (type === undefined || event.type === type) && (paymentId === undefined || event.payment === paymentId),
    )
    .map(({ sequence }) => sequence);
}
