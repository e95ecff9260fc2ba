/** Renders what Resurs holds of a payment beside what is stored of it: for a person, or as JSON. Pure. */
import type { Provider } from '../../db/schema.ts';
import type { Environment } from '../../deliveries/payload.ts';
import { orderNow } from '../../events/order-now.ts';
import { publicId } from '../../events/public-id.ts';
import { printable } from '../../lib/printable.ts';
import { formatTable } from '../../lib/text-table.ts';
import type { PaymentState } from '../../payments/payment.ts';
import type { PaymentAnswer } from '../../status/payment-sources.ts';
import { paymentFacts, renderEvent } from '../../status/render.ts';
import type { Stored } from './stored.ts';

/** `reason` begins a line of its own; it has no full stop. */
export type AtResurs = Found | { readonly outcome: 'unknown' | 'failed' | 'no_account'; readonly reason: string };

type Found = Extract<PaymentAnswer, { outcome: 'found' }>;

export interface PaymentReport {
  /** As the operator named it. */
  readonly name: string;
  readonly environment: Environment;
  readonly atResurs: AtResurs;
  readonly stored: Stored;
}

/** More are not read by a person at once. */
const MAX_EVENTS = 50;

/** Returns the document of `--json`; what is not known is null, with the reason beside it. */
export function reportJson(report: PaymentReport) {
  const { environment, atResurs, stored } = report;
  const payment = atResurs.outcome === 'found' ? atResurs.payment : null;
  return {
    paymentId: paymentIdOf(report),
    provider: providerOf(report),
    environment,
    payment,
    order: payment === null ? null : orderNow(payment.state, factsOf(stored)),
    paymentError: atResurs.outcome === 'found' ? null : atResurs.reason,
    stored: stored.outcome === 'read' ? storedJson(stored) : null,
    storedError: stored.outcome === 'read' ? null : stored.reason,
    differs: differenceOf({ atResurs, stored })?.differs ?? null,
  };
}

type ReadStored = Extract<Stored, { outcome: 'read' }>;

function storedJson({ events, order, others, hasWebhook }: ReadStored) {
  const context = { now: new Date(0), hasWebhook, outage: null };
  return {
    order,
    facts: paymentFacts(events),
    otherPaymentIds: others,
    events: events.map((row) => ({
      id: publicId(row.id),
      sequence: row.sequence,
      type: row.type,
      receivedAt: row.receivedAt,
      delivery: renderEvent(row, context).delivery,
    })),
  };
}

/** Returns the lines for a person. */
export function reportLines(report: PaymentReport, now: Date): readonly string[] {
  const { environment, atResurs, stored } = report;
  const difference = differenceOf(report);
  return [
    `Payment ${printable(paymentIdOf(report))}`,
    '',
    `At Resurs (${environment})`,
    ...(atResurs.outcome === 'found' ? paymentLines(atResurs) : [`  ${atResurs.reason}.`]),
    '',
    'Stored here',
    ...(stored.outcome === 'read' ? storedLines(stored, now) : [`  Not known: ${stored.reason}.`]),
    ...(difference === null ? [] : ['', difference.line]),
  ];
}

function paymentLines({ payment, provider }: Found): readonly string[] {
  const { state, frozen, statuses, amounts, readAt, orderReference, rejectedReason } = payment;
  const order = orderNow(state, []);
  // In the eCom API the id is the reference.
  const isReferenceShown = provider === 'resurs-mapi' && orderReference !== null;
  const rows = [
    ...(isReferenceShown ? [['reference', printable(orderReference)]] : []),
    ['read at', readAt.toISOString()],
    ['state', `${state}: ${MEANINGS[state]}`],
    ['order', `${order.state}${order.certain ? '' : ', not certain'}`],
    ['frozen', frozen ? 'yes' : 'no'],
    ['statuses', statuses.length === 0 ? 'none' : statuses.join(', ')],
    ...(rejectedReason === null ? [] : [['reason', rejectedReason]]),
    ...Object.entries(amounts ?? {}),
  ];
  return rows.map(([name = '', value]) => `  ${name.padEnd(12)}${value}`);
}

const MEANINGS: Readonly<Record<PaymentState, string>> = {
  pending: 'the customer has not finished',
  inspection: 'Resurs is inspecting it; do not ship',
  frozen: 'do not ship',
  authorized: 'it may be shipped',
  partially_captured: 'a part is captured, the rest may be shipped',
  captured: 'everything is captured',
  partially_refunded: 'a part is refunded',
  refunded: 'everything is refunded',
  annulled: 'it is annulled; do not ship',
  rejected: 'it is rejected; do not ship',
  unknown: 'what Resurs says fits no known state; do not ship before a person has looked into it',
};

function storedLines({ events, order, others, hasWebhook }: ReadStored, now: Date): readonly string[] {
  if (order === null) return ['  No event of this payment.'];
  const context = { now, hasWebhook, outage: null };
  const shown = events.slice(-MAX_EVENTS);
  const hidden = events.length - shown.length;
  const rows = shown.map((row) => [row.receivedAt.toISOString(), row.type, renderEvent(row, context).summary]);
  return [
    `  ${'order'.padEnd(12)}${order.state}${order.certain ? '' : ', not certain'}`,
    `  ${'facts'.padEnd(12)}${order.earlier.length === 0 ? 'none' : order.earlier.join(', ')}`,
    ...others.map((id) => `  ${'also'.padEnd(12)}${printable(id)}, another payment of this order`),
    '',
    ...(hidden === 0 ? [] : [`  ${hidden} earlier events are not shown.`]),
    ...formatTable(['received', 'event', 'delivery'], rows).map((line) => `  ${line}`),
  ];
}

function factsOf(stored: Stored): readonly string[] {
  return stored.outcome === 'read' ? (stored.order?.earlier ?? []) : [];
}

/** The id of the payment that was found, here or at Resurs; else what the operator gave. */
function paymentIdOf({ name, atResurs, stored }: PaymentReport): string {
  if (atResurs.outcome === 'found') return atResurs.paymentId;
  return (stored.outcome === 'read' ? stored.known?.paymentId : null) ?? name;
}

function providerOf({ atResurs, stored }: PaymentReport): Provider | null {
  if (atResurs.outcome === 'found') return atResurs.provider;
  return (stored.outcome === 'read' ? stored.known?.provider : null) ?? null;
}

/** Null where one of the two sides is not known. */
function differenceOf({ atResurs, stored }: Pick<PaymentReport, 'atResurs' | 'stored'>) {
  if (atResurs.outcome !== 'found' || stored.outcome !== 'read' || stored.order === null) return null;
  const { state } = orderNow(atResurs.payment.state, []);
  const { state: storedState } = stored.order;
  if (state === storedState) return { differs: false, line: `Both say ${state}.` };
  const line = `They differ: Resurs says ${state}, the last event here says ${storedState}. Resurs is right.`;
  return { differs: true, line };
}
