/**
 * Makes the events that the receiver would store for sample callbacks, with the receiver's own code, so that a sample
 * differs from a real event in nothing that a shop could see. Pure; time and ids come in as arguments.
 */

import { toEvent } from '../callbacks/ecom/to-event.ts';
import { toMapiEvent } from '../callbacks/mapi/to-event.ts';
import type { NewEvent, StoredEvent } from '../events/event.ts';
import { type OrderedFact, viewAfter } from '../events/order-state.ts';
import { type Snapshot, snapshotOf } from '../payments/snapshot.ts';
import { type ParsedCallback, parseCallback } from '../protocol/ecom/url/parse.ts';
import { MAPI_KINDS, parseMapiBody } from '../protocol/mapi/body.ts';
import { matchCallbackPath } from '../protocol/url/callback-path.ts';
import { toReconciledEvent } from '../reconciliation/to-event.ts';
import type { LifeCallback } from './life-callback.ts';
import type { SampleMoment } from './sample-bodies.ts';

export interface SampleOptions {
  /** The payment of all callbacks that have one. */
  readonly paymentId: string;
  /** When the last callback arrives; the others came before it. */
  readonly now: Date;
  /** Returns a new UUID (v7). */
  readonly newId: () => string;
  readonly firstSequence: number;
}

const PATH = '/callbacks/resurs';
const MAPI_PATH = '/callbacks/mapi';
const BETWEEN_CALLBACKS_MS = 1_000;
const REGISTERED_BEFORE_MS = 30 * 86_400_000;
/** In a sample no window passes: it only ends when the opposite fact is reported. */
const DEDUPE_WINDOW_MS = 31 * 86_400_000;

/**
 * Returns one event for each callback, in their order. A callback whose name came before gives the same event again,
 * and so does one that is a repeat for the receiver: the delivery of it is a repeat. Throws RangeError for a paymentId
 * that no callback can have; see `isPaymentId`.
 */
export function sampleEvents(callbacks: readonly LifeCallback[], options: SampleOptions): readonly StoredEvent[] {
  const byName = new Map<string, StoredEvent>();
  const byKey = new Map<string, StoredEvent>();
  const previous = new Map<string, OrderedFact>();
  let sequence = options.firstSequence;
  return callbacks.map((callback, index) => {
    const receivedAt = new Date(options.now.getTime() - (callbacks.length - 1 - index) * BETWEEN_CALLBACKS_MS);
    const fresh = toNewEvent(callback, { ...options, receivedAt });
    const { paymentKey, identity } = fresh;
    const { key, aliasKey, endedKeys } = identity;
    // The payments of the two interfaces are not the same, so what is known of one says nothing of the other.
    const known = byName.get(callback.name) ?? byKey.get(`${paymentKey} ${key}`);
    if (known !== undefined) return known;

    const order = viewAfter(previous.get(paymentKey) ?? null, fresh);
    const snapshot = snapshotIn(callback, fresh, { paymentId: options.paymentId, at: receivedAt });
    const stored = toStored(fresh, { id: options.newId(), sequence, receivedAt, order, snapshot });
    sequence += 1;
    for (const ended of endedKeys) byKey.delete(`${paymentKey} ${ended}`);
    for (const own of [key, aliasKey]) if (own !== null) byKey.set(`${paymentKey} ${own}`, stored);
    byName.set(callback.name, stored);
    if (order !== null) previous.set(paymentKey, { type: stored.type, missed: stored.missed, order });
    return stored;
  });
}

/** True if a callback can carry this paymentId. */
export function isPaymentId(text: string): boolean {
  return parse('BOOKED', [['p', text]]).outcome === 'parsed';
}

/** Returns the target of the callback's URL in the query form, without a digest or a token. */
export function sampleTarget(
  callback: LifeCallback,
  { paymentId, now }: Pick<SampleOptions, 'paymentId' | 'now'>,
): string {
  if (callback.provider === 'resurs-mapi') {
    return `${MAPI_PATH}?callback=${callback.callback}&order=${encodeURIComponent(paymentId)}`;
  }
  return targetOf(callback.callback, valuesOf(callback, paymentId, now));
}

interface Moment extends SampleOptions {
  readonly receivedAt: Date;
}

function toNewEvent(callback: LifeCallback, { paymentId, now, receivedAt }: Moment): NewEvent {
  const parsed = parse(callback.callback, valuesOf(callback, paymentId, now));
  if (parsed.outcome !== 'parsed') throw new RangeError('the paymentId is none that a callback can have');
  const moment = { paymentId, at: receivedAt };
  const found = callback.found?.(moment);
  if (found !== undefined) {
    const { provider } = callback;
    return toReconciledEvent({ ...found, provider, paymentId, follows: null }, DEDUPE_WINDOW_MS);
  }
  if (callback.provider === 'resurs-mapi') return toNewMapiEvent(callback, moment);
  const body = callback.body?.({ paymentId, at: receivedAt }) ?? null;
  const event = toEvent(
    {
      callback: parsed.callback,
      body: body === null ? null : Buffer.from(body),
      method: body === null ? 'GET' : 'POST',
      // A TEST is registered without a digest.
      verified: { digest: callback.callback !== 'TEST', result: true, basicAuth: false, source: false },
    },
    DEDUPE_WINDOW_MS,
  );
  return { ...event, type: callback.laterType ?? event.type };
}

/** The URL carries a right token, and the shop's reference of the order. */
function toNewMapiEvent({ body, callback }: LifeCallback, moment: SampleMoment): NewEvent {
  const bytes = Buffer.from(body?.(moment) ?? '');
  const parsed = parseMapiBody(bytes, MAPI_KINDS.find((kind) => kind === callback) ?? null);
  if (parsed.outcome !== 'callback') throw new RangeError('the sample is no callback of the Merchant API');
  const verified = { digest: false, result: true, basicAuth: false, source: false, token: true, api: false };
  const arrival = { orderReference: moment.paymentId, parameters: {}, body: bytes, verified };
  return toMapiEvent(parsed.callback, arrival, DEDUPE_WINDOW_MS);
}

/** What reconciliation found is kept with its event; for others Resurs is asked when the event is first sent. */
function snapshotIn({ snapshot }: LifeCallback, { found }: NewEvent, moment: SampleMoment): Snapshot | null {
  return found === undefined ? (snapshot?.(moment) ?? null) : snapshotOf(found.payment);
}

/** Adds what the database assigns, and leaves out what it keeps elsewhere. */
function toStored(
  { paymentKey, identity, found, ...event }: NewEvent,
  assigned: Pick<StoredEvent, 'id' | 'sequence' | 'receivedAt' | 'order' | 'snapshot'>,
): StoredEvent {
  return { ...event, missed: found?.missed ?? null, erasedAt: null, ...assigned };
}

type NamedValues = readonly (readonly [name: string, value: string])[];

/** The URL is older than the payment: it was registered once for all of them. */
function valuesOf({ callback, result, parameters }: LifeCallback, paymentId: string, now: Date): NamedValues {
  const registeredAt = Math.floor((now.getTime() - REGISTERED_BEFORE_MS) / 1000);
  const hasPayment = callback !== 'TEST' && callback !== 'PASSWORD_EXPIRATION';
  return [
    ['t', String(registeredAt)],
    ...(hasPayment ? [['p', paymentId] as const] : []),
    ...(result === null ? [] : [['r', result] as const]),
    ...Object.entries(parameters),
  ];
}

function parse(type: string, values: NamedValues): ParsedCallback {
  const target = matchCallbackPath(targetOf(type, values), [PATH]);
  return target === null ? { outcome: 'unknown_path' } : parseCallback(target);
}

function targetOf(type: string, values: NamedValues): string {
  const pairs = [['c', type] as const, ...values];
  return `${PATH}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}
