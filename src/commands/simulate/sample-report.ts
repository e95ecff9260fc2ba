/**
 * Formats a run of sample events: a line for each request, what the order of each payment should be now, and what to
 * repair in the shop. Contains no secret and no signature.
 */
import { maskUrl } from '../../config/types/urls.ts';
import { managementChange } from '../../deliveries/mapi-fields.ts';
import { parsePaymentDiff } from '../../deliveries/payment-diff.ts';
import type { StoredEvent } from '../../events/event.ts';
import { type OrderNow, type OrderStateNow, orderNow } from '../../events/order-now.ts';
import { publicId } from '../../events/public-id.ts';
import { printable } from '../../lib/printable.ts';
import { hintOf, repairOf } from './sample-advice.ts';
import type { SampleLife, SamplePlan } from './sample-plan.ts';
import type { SentSample } from './sample-verdict.ts';

/** Formats the title of one life's requests. */
export function lifeTitle(sample: SampleLife): string {
  const payments = paymentsOf([sample]).map((payment) => `, payment ${payment}`);
  return `${sample.life ?? 'events'}${payments.join('')}`;
}

/** The payments of which there are events, made safe to print; of the Merchant API with their orders. */
export function paymentsOf(lives: readonly SampleLife[]): string[] {
  const payments = lives.flatMap(({ events }) => events.flatMap(paymentIn));
  return [...new Set(payments)].map(printable);
}

function paymentIn({ provider, paymentId, orderReference }: StoredEvent): string[] {
  if (paymentId === null) return [];
  return [provider === 'resurs-mapi' ? `${paymentId} (order ${orderReference})` : paymentId];
}

/** Formats one request and its answer; further lines say what the shop said of a refusal, and what may help. */
export function requestLines(sent: SentSample): string[] {
  const { event, attempt, result, next, problem } = sent;
  const { status, error, answer, outcome } = result;
  const sign = problem === null ? '✓' : '✗';
  const request = `${nameOf(event).padEnd(NAME_WIDTH)}  ${publicId(event.id)}  attempt ${attempt}${attempt > 1 ? ' (repeat)' : ''}`;
  const hint = hintOf(sent);
  const said = problem === null || answer === null ? '' : printable(answer);
  return [
    `${sign} ${request}: ${status ?? error ?? outcome}, ${nextText(next)}`,
    ...(said === '' ? [] : [`    answer: ${said}`]),
    ...(hint === null ? [] : [`    ${hint}`]),
  ];
}

const NAME_WIDTH = 'payment.updated (authorize)'.length;

/** Names an event by its type, and a change also by its kind. */
function nameOf({ type, callback, body }: StoredEvent): string {
  const change = callback === 'MANAGEMENT' ? managementChange(body) : diffOf(callback, body);
  return change === null ? type : `${type} (${change.kind})`;
}

function diffOf(callback: string, body: Buffer | null) {
  return callback === 'UPDATE' && body !== null ? parsePaymentDiff(body.toString()) : null;
}

function nextText(next: SentSample['next']): string {
  switch (next.state) {
    case 'delivered':
      return 'delivered';
    case 'dead_letter':
      return 'a dead letter at once';
    case 'pending':
      return `retried after ${waitText(next.waitMs)}`;
  }
}

const UNITS = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

function waitText(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => ms >= unitMs) ?? [1, 'ms'];
  return `${Number((ms / size).toFixed(1))} ${unit}`;
}

/** Says what the payment's order should be now. */
export function orderLine({ events }: SampleLife): string {
  const order = lastOrder(events);
  if (order === null) return '  No order is concerned.';
  const earlier = order.earlier.length === 0 ? '' : `; earlier: ${order.earlier.join(', ')}`;
  const certainty = order.certain ? 'certain' : 'not certain';
  const advice = order.certain ? STATE_MEANING[order.state] : 'Ask Resurs before shipping or crediting.';
  return `  The order should be: ${order.state}, ${certainty}${earlier}. ${advice}`;
}

const STATE_MEANING: Readonly<Record<OrderStateNow, string>> = {
  on_hold: 'Do not ship it now.',
  may_ship: 'It may be shipped.',
  paid: 'It is paid.',
  refunded: 'It is paid back.',
  cancelled: 'It is cancelled and stays so.',
};

/** Returns the order after the event that was stored last, whatever came again after it. */
export function lastOrder(events: readonly StoredEvent[]): OrderNow | null {
  const [last] = events.toSorted((a, b) => b.sequence - a.sequence);
  if (last === undefined || last.order === null) return null;
  const payment = last.snapshot?.payment ?? null;
  return payment === null ? last.order : orderNow(payment.state, last.order.earlier);
}

/** Formats the end of a run: how many answers were right, and how to repair the others. */
export function summaryLines(sent: readonly SentSample[], planned: number): string[] {
  const wrong = sent.filter(({ problem }) => problem !== null);
  const repairs = new Set(wrong.map(repairOf).filter((repair) => repair !== null));
  if (wrong.length > 0) {
    return [`Wrong answers (✗): ${wrong.length} of ${sent.length}.`, ...[...repairs].map((repair) => `  ${repair}`)];
  }
  if (sent.length < planned) return [`Stopped: ${sent.length} of ${planned} events were sent.`];
  return [`Right answers: ${planned} of ${planned}.`];
}

/** Returns the whole run as a document for programs. */
export function sampleDocument({ webhook, lives }: SamplePlan, sent: readonly SentSample[], isRight: boolean): unknown {
  return {
    target: maskUrl(webhook.url),
    environment: webhook.environment,
    asExpected: isRight,
    requests: sent.map(documentOf),
    orders: lives.map(({ life, paymentId, events }) => ({ life, paymentId, order: lastOrder(events) })),
  };
}

function documentOf(sent: SentSample) {
  const { life, event, attempt, result, next, problem } = sent;
  return {
    life,
    paymentId: event.paymentId,
    orderReference: event.orderReference,
    type: event.type,
    id: publicId(event.id),
    sequence: event.sequence,
    attempt,
    outcome: result.outcome,
    status: result.status,
    error: result.error,
    answer: result.answer,
    durationMs: Math.round(result.durationMs),
    next: next.state,
    nextAfterMs: next.state === 'pending' ? next.waitMs : null,
    asExpected: problem === null,
    fix: problem === null ? null : (repairOf(sent) ?? hintOf(sent)),
  };
}
