/**
 * Helpers for deliveries: settings for a fast webhook, sending a callback, and the deliveries and attempts in the
 * database.
 */
import assert from 'node:assert/strict';
import { waitUntil } from '../harness/wait.ts';
import { type SendOptions, send, target } from './callbacks.ts';
import { ATTEMPTS, DELIVERIES } from './delivery-states.ts';
import { type TestService, WEBHOOK_SECRET } from './service.ts';

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
  /** Milliseconds from now to the next attempt; null when none is scheduled. */
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

/** The environment of a service that delivers to `url`, with two immediate retries; `more` overrides it. */
export function webhookEnv(url: string, more: Record<string, string> = {}): Record<string, string> {
  return { WEBHOOK_URL: url, WEBHOOK_SECRET, WEBHOOK_RETRY_SCHEDULE: '20ms,40ms', WEBHOOK_TIMEOUT_MS: '5000', ...more };
}

/** Sends a valid callback and asserts its 204. */
export async function sendCallback(
  receiver: TestService,
  type: string,
  paymentId: string,
  sending: SendOptions = {},
): Promise<void> {
  const response = await send(receiver.url, target(type, paymentId), sending);
  assert.equal(response.status, 204, response.reason);
}

/** All deliveries in the order of their events; `id` is the public id. */
export function deliveries(receiver: Pick<TestService, 'query'>): Promise<DeliveryRow[]> {
  return receiver.query<DeliveryRow>(`
    select 'evt_' || e.id as id, e.payment_id as "paymentId", e.callback, d.state, d.replayed,
           d.attempt_count as "attemptCount", d.tries_used as "triesUsed", d.abandoned_in_row as "abandonedInRow",
           (extract(epoch from d.next_attempt_at - now()) * 1000)::float8 as "waitMs"
    from ${DELIVERIES} d join events e using (sequence) order by e.sequence`);
}

/** All attempts, by event and number. */
export function attempts(receiver: Pick<TestService, 'query'>): Promise<AttemptRow[]> {
  return receiver.query<AttemptRow>(`
    select e.payment_id as "paymentId", a.number, a.outcome, a.status, a.error, a.answer, a.duration_ms as "durationMs"
    from ${ATTEMPTS} a join events e using (sequence) order by e.sequence, a.number`);
}

/** Resolves with the deliveries as soon as there are `count` and all are in one of these states. */
export async function waitForStates(
  receiver: Pick<TestService, 'query'>,
  states: readonly string[],
  count = 1,
): Promise<DeliveryRow[]> {
  let rows: DeliveryRow[] = [];
  const isReached = await waitUntil(async () => {
    rows = await deliveries(receiver);
    return rows.length === count && rows.every((row) => states.includes(row.state));
  });
  assert.ok(isReached, `${count} deliveries expected to be ${states.join(' or ')}: ${JSON.stringify(rows)}`);
  return rows;
}

/** Resolves with the attempts as soon as there are `count` of them. */
export async function waitForAttempts(receiver: Pick<TestService, 'query'>, count: number): Promise<AttemptRow[]> {
  let rows: AttemptRow[] = [];
  const isReached = await waitUntil(async () => {
    rows = await attempts(receiver);
    return rows.length >= count;
  });
  assert.ok(isReached, `${count} attempts expected: ${JSON.stringify(rows)}`);
  return rows;
}

/** Resolves with the first log line of this event, now or later. */
export async function waitForLine(
  receiver: Pick<TestService, 'log'>,
  event: string,
): Promise<Readonly<Record<string, unknown>>> {
  await waitUntil(async () => receiver.log.some((line) => line.event === event));
  return receiver.log.find((line) => line.event === event) ?? assert.fail(`no log line ${event}`);
}
