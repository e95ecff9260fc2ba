/** What became of callbacks: settings for a quick webhook, sending, and deliveries and attempts as the database has them. */
import assert from 'node:assert/strict';
import { waitUntil } from '../harness/wait.ts';
import { type Sending, send, target } from './callbacks.ts';
import { ATTEMPTS, DELIVERIES } from './delivery-states.ts';
import { WEBHOOK_SECRET, type World } from './service.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly paymentId: string;
  readonly callback: string;
  readonly state: string;
  /** Null when it is finished. */
  readonly replayed: boolean | null;
  readonly attemptCount: number;
  readonly triesUsed: number;
  readonly abandonedInRow: number;
  /** Milliseconds from now to the next attempt; null when none is planned. */
  readonly waitMs: number | null;
}

export interface AttemptRow {
  readonly paymentId: string;
  readonly number: number;
  readonly outcome: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
  readonly durationMs: number;
}

/** The environment of a service that delivers to `url`, with two retries in no time; `more` wins. */
export function webhookEnv(url: string, more: Record<string, string> = {}): Record<string, string> {
  return { WEBHOOK_URL: url, WEBHOOK_SECRET, WEBHOOK_RETRY_SCHEDULE: '20ms,40ms', WEBHOOK_TIMEOUT_MS: '5000', ...more };
}

/** Sends a right callback and demands its 204. */
export async function callBack(world: World, type: string, paymentId: string, sending: Sending = {}): Promise<void> {
  const answer = await send(world.url, target(type, paymentId), sending);
  assert.equal(answer.status, 204, answer.reason);
}

/** All deliveries in the order of their events; `id` as the outside knows it. */
export function deliveries(world: Pick<World, 'query'>): Promise<DeliveryRow[]> {
  return world.query<DeliveryRow>(`
    select 'evt_' || e.id as id, e.payment_id as "paymentId", e.callback, d.state, d.replayed,
           d.attempt_count as "attemptCount", d.tries_used as "triesUsed", d.abandoned_in_row as "abandonedInRow",
           (extract(epoch from d.next_attempt_at - now()) * 1000)::float8 as "waitMs"
    from ${DELIVERIES} d join events e using (sequence) order by e.sequence`);
}

/** All attempts, by event and number. */
export function attempts(world: Pick<World, 'query'>): Promise<AttemptRow[]> {
  return world.query<AttemptRow>(`
    select e.payment_id as "paymentId", a.number, a.outcome, a.status, a.error, a.answer, a.duration_ms as "durationMs"
    from ${ATTEMPTS} a join events e using (sequence) order by e.sequence, a.number`);
}

/** Resolves with the deliveries as soon as all of them, `count` in all, are in one of these states. */
export async function waitForStates(
  world: Pick<World, 'query'>,
  states: readonly string[],
  count = 1,
): Promise<DeliveryRow[]> {
  let rows: DeliveryRow[] = [];
  const isSo = await waitUntil(async () => {
    rows = await deliveries(world);
    return rows.length === count && rows.every((row) => states.includes(row.state));
  });
  assert.ok(isSo, `${count} deliveries expected to be ${states.join(' or ')}: ${JSON.stringify(rows)}`);
  return rows;
}

/** Resolves with the attempts as soon as there are `count` of them. */
export async function waitForAttempts(world: Pick<World, 'query'>, count: number): Promise<AttemptRow[]> {
  let rows: AttemptRow[] = [];
  const isSo = await waitUntil(async () => {
    rows = await attempts(world);
    return rows.length >= count;
  });
  assert.ok(isSo, `${count} attempts expected: ${JSON.stringify(rows)}`);
  return rows;
}

/** Resolves with the first log line of this event, now or later. */
export async function waitForLine(
  world: Pick<World, 'log'>,
  event: string,
): Promise<Readonly<Record<string, unknown>>> {
  await waitUntil(async () => world.log.some((line) => line.event === event));
  return world.log.find((line) => line.event === event) ?? assert.fail(`no log line ${event}`);
}
