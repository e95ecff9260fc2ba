/**
 * `GET /statistics`: what happened hour by hour or day by day, over replicas and restarts, with every step there. Real
 * services that share a Postgres, and a real merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../src/lib/clock.ts';
import { parseStatisticsQuery } from '../../src/status/statistics-query.ts';
import { send } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Point {
  readonly at: string;
  readonly callbacks: Record<string, number>;
  readonly events: Record<string, number>;
  readonly deliveries: Record<string, number>;
  readonly delayMs: { readonly median: number; readonly p95: number } | null;
}

async function pointsOf(receiver: TestService, query = ''): Promise<Point[]> {
  const response = await receiver.status(`/statistics${query}`);
  assert.equal(response.status, 200);
  return (response.json as { points: Point[] }).points;
}

/** Adds all points, as an hour may end while the test runs. */
function sum(points: readonly Point[], kind: 'callbacks' | 'events' | 'deliveries'): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const point of points) {
    for (const [name, count] of Object.entries(point[kind])) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Accepts `fine`, refuses `dead` for good, and fails the first attempt of everything else. */
async function startPickyMerchant(t: TestContext) {
  const merchant = await startMerchant(t);
  const seen = new Set<string>();
  merchant.answerWith((request, response) => {
    const { paymentId } = JSON.parse(request.body).data;
    const isFirst = !seen.has(paymentId);
    seen.add(paymentId);
    response.writeHead(paymentId === 'dead' ? 410 : paymentId !== 'fine' && isFirst ? 500 : 200).end();
  });
  return merchant;
}

test('two replicas and what they did before they stopped are counted together', async (t) => {
  const merchant = await startPickyMerchant(t);
  const { url: databaseUrl } = await createDatabase(t);
  const env = webhookEnv(merchant.url);
  const [one, other] = [
    await startTestService(t, { env, databaseUrl }),
    await startTestService(t, { env, databaseUrl }),
  ];
  await sendCallback(one, 'UNFREEZE', 'fine');
  await sendCallback(other, 'UNFREEZE', 'fine');
  await sendCallback(other, 'UNFREEZE', 'dead');
  await sendCallback(one, 'BOOKED', 'slow');
  await send(one.url, '/callbacks/resurs?c=UNFREEZE&p=p1&d=wrong');
  const [fine] = await waitForStates(one, ['delivered', 'dead_letter'], 3);
  // A replay is delivered again, after a time that says nothing about the merchant.
  await one.query(`update events set received_at = now() - interval '1 day' where payment_key = 'fine'`);
  await requestStatusApi(one, 'POST', `/events/${fine?.id}/replay`);
  await merchant.waitFor(5);
  await waitForStates(one, ['delivered', 'dead_letter'], 3);
  assert.equal((await deliveries(one))[0]?.attemptCount, 2);
  await Promise.all([one.service.stop(), other.service.stop()]);

  const points = await pointsOf(await startTestService(t, { databaseUrl }));

  assert.equal(points.length, 24);
  assert.deepEqual(sum(points, 'callbacks'), { 204: 4, 406: 1 });
  assert.deepEqual(sum(points, 'events'), { 'payment.unfrozen': 2, 'payment.booked': 1 });
  assert.deepEqual(sum(points, 'deliveries'), { delivered: 3, retried: 1, dead_letter: 1 });
  // Of `fine` and, after its retry, of `slow`.
  assert.deepEqual(await one.query(`select sum(count)::int as count from hourly_counts where kind = 'delay'`), [
    { count: 2 },
  ]);
  const delays = points.flatMap(({ delayMs }) => (delayMs === null ? [] : [delayMs]));
  assert.ok(delays.length > 0);
  for (const { median, p95 } of delays) assert.ok(median > 0 && median <= p95 && p95 < 60_000, `${median} ${p95}`);
});

/** Counts of three hours around a midnight, and of one two days later. */
const SEED = `
  insert into hourly_counts (hour, kind, name, count) values
    ('2026-03-28T22:00Z', 'callback', '204', 5), ('2026-03-28T23:00Z', 'callback', '204', 7),
    ('2026-03-29T00:00Z', 'callback', '503', 2), ('2026-03-28T23:00Z', 'event', 'payment.booked', 3),
    ('2026-03-28T23:00Z', 'delivery', 'delivered', 10), ('2026-03-28T23:00Z', 'delay', '000', 6),
    ('2026-03-28T23:00Z', 'delay', '073', 3), ('2026-03-28T22:00Z', 'delay', '073', 1),
    ('2026-03-31T10:00Z', 'delivery', 'dead_letter', 1)`;

const NOTHING = { delivered: 0, retried: 0, dead_letter: 0 };

test('hours and days begin by UTC, gaps are zeros, and all points have the same names', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query(SEED);

  const hours = await pointsOf(receiver, '?from=2026-03-28T22:59:59Z&to=2026-03-29T02:30:00%2B01:00');
  const days = await pointsOf(receiver, '?step=day&from=2026-03-28&to=2026-03-31T10:00:00Z');

  const empty = { callbacks: { 204: 0, 503: 0 }, events: { 'payment.booked': 0 }, deliveries: NOTHING, delayMs: null };
  assert.deepEqual(hours, [
    {
      ...empty,
      at: '2026-03-28T22:00:00.000Z',
      callbacks: { 204: 5, 503: 0 },
      delayMs: { median: 1003.4, p95: 1003.4 },
    },
    {
      at: '2026-03-28T23:00:00.000Z',
      callbacks: { 204: 7, 503: 0 },
      events: { 'payment.booked': 3 },
      deliveries: { ...NOTHING, delivered: 10 },
      delayMs: { median: 0.8, p95: 1035.2 },
    },
    { ...empty, at: '2026-03-29T00:00:00.000Z', callbacks: { 204: 0, 503: 2 } },
    { ...empty, at: '2026-03-29T01:00:00.000Z' },
  ]);
  assert.deepEqual(
    days.map(({ at, callbacks, deliveries }) => [at.slice(0, 10), callbacks['204'], deliveries.dead_letter]),
    [
      ['2026-03-28', 12, 0],
      ['2026-03-29', 0, 0],
      ['2026-03-30', 0, 0],
      ['2026-03-31', 0, 1],
    ],
  );
});

test('an answer is the same for 30 s, and a failed one is asked for again', async (t) => {
  const receiver = await startTestService(t);
  const query = '?from=2026-03-28T22:00Z&to=2026-03-29T00:00Z';
  await receiver.query('alter table hourly_counts rename to gone');
  const failed = await receiver.status(`/statistics${query}`);
  await receiver.query('alter table gone rename to hourly_counts');
  const before = await pointsOf(receiver, query);
  await receiver.query(SEED);

  assert.notEqual(failed.status, 200);
  assert.deepEqual(await pointsOf(receiver, query), before);
  const others = await pointsOf(receiver, '?from=2026-03-28T21:00Z&to=2026-03-29T00:00Z');
  assert.deepEqual(sum(others, 'callbacks'), { 204: 12 });
});

test('what cannot be answered is refused with the fix', async (t) => {
  const receiver = await startTestService(t);
  const refused = async (query: string) => {
    const { status, json } = await receiver.status(`/statistics${query}`);
    assert.equal(status, 400);
    return (json as { error: { message: string } }).error.message;
  };

  assert.match(await refused('?from=2025-01-01&to=2025-03-01'), /1416 hours apart, and at most 1000 .* use step=day/);
  assert.match(await refused('?step=day&from=2020-01-01&to=2025-03-01'), /1886 days apart, .*: use a shorter time$/);
  assert.match(await refused('?from=yesterday'), /from is not an ISO 8601/);
  assert.match(await refused('?from=2025-03-01&to=2025-03-01'), /from must be before to$/);
  assert.match(await refused('?from=2999-01-01'), /from must be before now, as to is missing$/);
  assert.match(await refused('?step=week'), /step/);
});

const NOW: Pick<Clock, 'now'> = { now: () => Date.UTC(2026, 2, 14, 9, 30) };

test('without from, the last 24 hours or 30 days are meant, up to to or now', () => {
  const spanOf = (query: Parameters<typeof parseStatisticsQuery>[0]) => {
    const result = parseStatisticsQuery(query, NOW.now());
    if (result.outcome === 'refused') return result.problem;
    return [result.span.fromMs, result.span.toMs].map((ms) => new Date(ms).toISOString().slice(0, 13)).join(' ');
  };

  assert.equal(spanOf({}), '2026-03-13T10 2026-03-14T10');
  assert.equal(spanOf({ step: 'day' }), '2026-02-13T00 2026-03-15T00');
  assert.equal(spanOf({ to: '2026-03-01' }), '2026-02-28T00 2026-03-01T00');
  assert.equal(spanOf({ from: '2026-03-14T09:29' }), '2026-03-14T09 2026-03-14T10');
  // Exactly as many points as are allowed.
  assert.equal(spanOf({ step: 'day', from: '2023-06-19' }), '2023-06-19T00 2026-03-15T00');
});
