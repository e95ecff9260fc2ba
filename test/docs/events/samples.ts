/**
 * Makes the sample events of `docs/events/`, one for each type, with the receiver's own code. Each is an event of its own,
 * at the end of a life in which it could come: so a shop may load all of them.
 */
import { renderPayload } from '../../../src/deliveries/payload.ts';
import type { StoredEvent } from '../../../src/events/event.ts';
import type { LifeCallback } from '../../../src/simulator/life-callback.ts';
import { FACTS } from '../../../src/simulator/lives.ts';
import { sampleEvents } from '../../../src/simulator/sample-events.ts';
import { SAMPLE_TYPES, sampleNames } from '../../../src/simulator/sample-types.ts';
import { renderJson } from './render-json.ts';

export const PAYMENT_ID = '100000016';
export const NOW = new Date('2026-11-20T12:00:00Z');

const { booked, frozen, thawed, unfrozen, debit } = FACTS;
const { mapiAuthorized, mapiCapture, mapiFrozen, applicationInspection } = FACTS;

/** What came before a sample, by the sample's name; nothing for the others. */
const BEFORE: Readonly<Record<string, readonly LifeCallback[]>> = {
  'payment.frozen': [booked],
  'payment.thawed': [booked],
  'payment.unfrozen': [booked, frozen],
  'payment.finalized': [booked],
  'payment.annulled': [booked, frozen],
  'payment.updated.debit': [booked, frozen, unfrozen],
  'payment.updated.credit': [booked, thawed, debit],
  'payment.updated.annul': [booked, thawed],
  'payment.updated.authorize': [booked, thawed],
  'payment.other': [booked],
  'payment.authorized.payment': [mapiFrozen],
  'payment.authorized.payment_error': [mapiFrozen],
  'payment.rejected': [mapiFrozen],
  'payment.captured.capture': [mapiAuthorized],
  'payment.refunded.refund': [mapiAuthorized, mapiCapture],
  'payment.annulled.cancel': [mapiAuthorized],
  'payment.updated.modify_order': [mapiAuthorized],
  'payment.other.mapi': [mapiAuthorized],
  'application.accepted': [applicationInspection],
  'application.rejected': [applicationInspection],
};
const FIRST_SEQUENCE = 4_711;

/** Returns the texts of the samples by file name. */
export function renderSamples(): ReadonlyMap<string, string> {
  const samples = SAMPLE_TYPES.map((sample, index) => {
    const name = (sampleNames(sample).at(-1) ?? '').replace(':', '.');
    const event = lastEvent([...(BEFORE[name] ?? []), sample.callback], index);
    const payload: unknown = JSON.parse(renderPayload(event, 'test').toString());
    return [`${name}.json`, renderJson(payload)] as const;
  });
  return new Map(samples);
}

/** Makes the last event of a life. Ids and sequence numbers depend on `index`, so that no two lives share one. */
export function lastEvent(life: readonly LifeCallback[], index: number): StoredEvent {
  const ids = life.map((_, step) => sampleId(index * 10 + step));
  const event = sampleEvents(life, {
    paymentId: PAYMENT_ID,
    now: NOW,
    newId: () => ids.shift() ?? '',
    firstSequence: FIRST_SEQUENCE + index * 10,
  }).at(-1);
  if (event === undefined) throw new RangeError('a life has at least one callback');
  return event;
}

/** A UUID v7 of that moment, numbered where others are random. */
function sampleId(number: number): string {
  const milliseconds = NOW.getTime().toString(16).padStart(12, '0');
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7000-8000-${String(number).padStart(12, '0')}`;
}
