/**
 * Formats a run of sample events: a line for each request, what the order of each payment should be now, and what to
 * repair in the shop. Contains no secret and no signature.
 */
import { maskUrl } from '../../config/types/urls.ts';
import { parsePaymentDiff } from '../../deliveries/payment-diff.ts';
import { publicId, type StoredEvent } from '../../events/event.ts';
import type { OrderState, OrderView } from '../../events/order-state.ts';
import { printable } from '../../lib/printable.ts';
import type { SampleLife, SamplePlan } from './sample-plan.ts';
import { CONFLICT, type SampleProblem, type SentSample } from './sample-verdict.ts';

/** Formats the title of one payment's requests. */
export function lifeTitle({ life, paymentId }: SampleLife): string {
  return `${life ?? 'events'}, payment ${printable(paymentId)}`;
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
  const change = callback === 'UPDATE' && body !== null ? parsePaymentDiff(body.toString()) : null;
  return change === null ? type : `${type} (${change.kind})`;
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

/** Advises on answers that usually have one reason; null for others. */
function hintOf({ attempt, result: { outcome, status, error } }: SentSample): string | null {
  if (outcome === 'timed_out')
    return 'The answer has to be complete within WEBHOOK_TIMEOUT_MS: answer first, work then.';
  if (outcome === 'unreachable') return isCertificateError(error) ? CERTIFICATE : 'Does the endpoint run there?';
  if (status === null) return null;
  if (status === CONFLICT && attempt === 1) return NEW_ID;
  if (status >= 300 && status < 400) return 'A redirect is not followed: send to the URL that it leads to.';
  if (status === 400 || status === 401 || status === 403) return SIGNATURE;
  return status === 404 || status === 405 ? 'Is this the path of the endpoint, and does it take POST?' : null;
}

const NEW_ID = '409 says that the shop has this event already, but its webhook-id is new: compare the ids alone.';
const SIGNATURE = 'Has the shop the same WEBHOOK_SECRET, and does it verify the raw body?';
const CERTIFICATE = 'WEBHOOK_CA_FILE is for the authority of a private certificate.';

function isCertificateError(error: string | null): boolean {
  return error !== null && /CERT|SIGNED|SIGNATURE|ISSUER|ALTNAME/.test(error);
}

/** Says what the payment's order should be now. */
export function orderLine({ events }: SampleLife): string {
  const order = lastOrder(events);
  if (order === null) return '  No order is concerned.';
  const earlier = order.earlier.length === 0 ? '' : `; earlier: ${order.earlier.join(', ')}`;
  const advice = order.certain ? '' : ' Ask Resurs before shipping or crediting.';
  const certainty = order.certain ? 'certain' : 'not certain';
  return `  The order should be: ${order.state}, ${certainty}${earlier}. ${STATE_MEANING[order.state]}${advice}`;
}

const STATE_MEANING: Readonly<Record<OrderState, string>> = {
  on_hold: 'Do not ship it now.',
  may_ship: 'It may be shipped.',
  paid: 'It is paid.',
  cancelled: 'It is cancelled, for good.',
};

/** Returns the order after the event that was stored last, whatever came again after it. */
export function lastOrder(events: readonly StoredEvent[]): OrderView | null {
  const [last] = events.toSorted((a, b) => b.sequence - a.sequence);
  return last?.order ?? null;
}

const REPAIRS: Readonly<Record<SampleProblem, string>> = {
  event:
    "Answer 2xx to every genuine event: one that is not accepted holds back the payment's later events, and may be lost in the end.",
  repeat: 'Answer 2xx (or 409) to an event whose webhook-id came before, and do nothing more.',
  ignorable: 'Answer 2xx as well to a type that the shop does not know or does not need, and do nothing more.',
};

/** Formats the end of a run: how many answers were right, and how to repair the others. */
export function summaryLines(sent: readonly SentSample[], planned: number): string[] {
  const problems = sent.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const repairs = [...new Set(problems)].map((problem) => `  ${REPAIRS[problem]}`);
  if (problems.length > 0) return [`Wrong answers (✗): ${problems.length} of ${sent.length}.`, ...repairs];
  if (sent.length < planned) return [`Stopped: ${sent.length} of ${planned} events were sent.`];
  return [`Right answers: ${planned} of ${planned}.`];
}

/** Returns the whole run as a document for programs. */
export function sampleDocument({ webhook, lives }: SamplePlan, sent: readonly SentSample[], isRight: boolean): unknown {
  return {
    target: maskUrl(webhook.url),
    environment: webhook.environment,
    asExpected: isRight,
    requests: sent.map(({ life, paymentId, event, attempt, result, next, problem }) => ({
      life,
      paymentId: event.paymentId === null ? null : paymentId,
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
      fix: problem === null ? null : REPAIRS[problem],
    })),
    orders: lives.map(({ life, paymentId, events }) => ({ life, paymentId, order: lastOrder(events) })),
  };
}
