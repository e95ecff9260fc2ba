/** Violations of the promises about deliveries: what the merchant received, against what was stored. Pure. */
import type { SimulatedCallback } from '../src/simulator/result.ts';
import type { ReceivedRequest } from './merchant.ts';
import { CAPTURED_AMOUNT } from './scenario.ts';
import type { StoredEvent } from './stored-events.ts';

export interface Delivered {
  readonly events: readonly StoredEvent[];
  readonly received: readonly ReceivedRequest[];
}

export function unverified(received: readonly ReceivedRequest[]): string[] {
  if (received.length === 0) return ['nothing was delivered'];
  return received.filter(({ verified }) => !verified).map(({ webhookId }) => webhookId);
}

export function wrongDeliveries({ events, received }: Delivered): string[] {
  const accepted = (id: string): number =>
    received.filter(({ webhookId, status }) => webhookId === id && status === 204).length;
  const known = new Set(events.map(({ id }) => id));

  return [
    ...events.filter(({ id }) => accepted(id) !== 1).map(({ id }) => `${id}: accepted ${accepted(id)} times`),
    ...events
      .filter(({ delivery }) => delivery?.state !== 'delivered')
      .map(({ id, delivery }) => `${id}: ${delivery?.state ?? 'no delivery'}`),
    ...received.filter(({ webhookId }) => !known.has(webhookId)).map(({ webhookId }) => `${webhookId}: no such event`),
  ];
}

/** An event may arrive only after the previous one of its payment was accepted, so no sequence may go back. */
export function outOfOrder(received: readonly ReceivedRequest[]): string[] {
  return received
    .filter((request, index) =>
      received
        .slice(0, index)
        .some((earlier) => earlier.paymentId === request.paymentId && earlier.sequence > request.sequence),
    )
    .map(({ webhookId, sequence }) => `${webhookId}: sequence ${sequence} arrived late`);
}

export function notRetried(received: readonly ReceivedRequest[]): string[] {
  const refused = received.filter(({ status }) => status === 500);
  if (refused.length === 0) return ['no delivery was answered 500'];

  return refused
    .filter(
      (first) =>
        !received.some(
          (again) => again.webhookId === first.webhookId && again.attempt === first.attempt + 1 && again.status === 204,
        ),
    )
    .map(({ webhookId }) => `${webhookId}: was not retried`);
}

/** A capture of a part is the last that happens to the payment of the Merchant API. */
export function wrongSnapshots(received: readonly ReceivedRequest[]): string[] {
  const verified = received.filter((request) => request.verified && request.paymentId !== null);
  const captured = verified.findLast(({ type }) => type === 'payment.captured');
  const isRight =
    captured?.paymentState === 'partially_captured' && captured.payment?.includes(CAPTURED_AMOUNT) === true;
  return [
    ...verified.filter(({ payment }) => payment === null).map(({ webhookId }) => `${webhookId}: nothing`),
    ...verified
      .filter(({ webhookId, payment }) =>
        verified.some((other) => other.webhookId === webhookId && other.payment !== payment),
      )
      .map(({ webhookId }) => `${webhookId}: not the same in each attempt`),
    ...(isRight ? [] : [`payment.captured: ${captured?.payment ?? 'not received'}`]),
  ];
}

/** The only fact that gets lost is the end of a freeze. */
export function notRescued(callbacks: readonly SimulatedCallback[], received: readonly ReceivedRequest[]): string[] {
  const lost = callbacks.filter((callback) => callback.lost);
  const told = received.filter(({ verified, status, missed }) => verified && status === 204 && missed !== null);
  const toldOf = (payment: string | null) =>
    told.filter(({ paymentId }) => paymentId === payment).map(({ missed }) => missed?.join(', ') ?? '');
  return [
    ...(lost.length > 0 ? [] : ['no callback was lost']),
    ...lost
      .filter(({ paymentId }) => toldOf(paymentId).join('; ') !== 'unfrozen')
      .map(({ fact, paymentId }) => `${fact}: ${toldOf(paymentId).join('; ') || 'not told'}`),
    ...told
      .filter(({ paymentId }) => !lost.some((callback) => callback.paymentId === paymentId))
      .map(({ webhookId }) => `${webhookId}: nothing of its payment was lost`),
  ];
}
