/** Checks the inbound promises: every callback answered 204 is stored once, in the order of acceptance. Pure. */
import type { Verdict } from '../report.ts';
import { callbackKey, type Evidence, type SentCallback, type StoredEvent } from './evidence.ts';

/** The violation of a run that never created the situation: it proves nothing. */
export const NO_SLOW_COMMIT = 'no callback was sent during a slow commit';

/** Compares the callbacks sent with the events stored. */
export function inboundVerdicts({ planned, sent, events }: Pick<Evidence, 'planned' | 'sent' | 'events'>): Verdict[] {
  const byKey = Map.groupBy(events, callbackKey);
  return [
    {
      promise: 'every callback was finally answered 204, and its event is stored exactly once',
      violations: [
        ...(sent.length === planned ? [] : [`${planned - sent.length} callbacks were never sent`]),
        ...sent.flatMap((one) => notStoredOnce(one, byKey)),
      ],
    },
    { promise: 'every stored event was sent', violations: invented(sent, events) },
    {
      promise: 'every event has the interface, the kind and the order of its callback',
      violations: sent.flatMap((one) => wrongOrigin(one, byKey)),
    },
    {
      promise:
        'a repeated callback counts as a receipt: at least as many as were answered 204, at most as many as were sent',
      violations: sent.flatMap((one) => receiptMismatches(one, byKey)),
    },
    {
      promise: 'a callback that was answered 204 before the next one was sent has the lower sequence',
      violations: wrongOrder(sent, byKey),
    },
    {
      promise: 'a callback that reached another replica during a slow commit has the higher sequence',
      violations: overtaken(sent, byKey),
    },
  ];
}

export type EventsByKey = ReadonlyMap<string, readonly StoredEvent[]>;

function notStoredOnce({ callback, tries }: SentCallback, byKey: EventsByKey): string[] {
  const stored = byKey.get(callbackKey(callback))?.length ?? 0;
  return [
    ...(tries.some(({ response }) => response === 204) ? [] : [`${nameOf(callback)}: never answered 204`]),
    ...(stored === 1 ? [] : [`${nameOf(callback)}: stored ${stored} times`]),
  ];
}

export function invented(sent: readonly SentCallback[], events: readonly StoredEvent[]): string[] {
  const known = new Set(sent.map(({ callback }) => callbackKey(callback)));
  return events.filter((event) => !known.has(callbackKey(event))).map((event) => `${event.id}: ${callbackKey(event)}`);
}

export function wrongOrigin({ callback }: SentCallback, byKey: EventsByKey): string[] {
  const textOf = (one: Pick<StoredEvent, 'provider' | 'callback' | 'orderReference'>): string =>
    `${one.provider} ${one.callback} ${one.orderReference}`;
  const stored = byKey.get(callbackKey(callback)) ?? [];
  return stored
    .filter((event) => textOf(event) !== textOf(callback))
    .map((event) => `${event.id}: ${textOf(event)} instead of ${textOf(callback)}`);
}

/** A request without a response may or may not have been counted. */
export function receiptMismatches({ callback, tries }: SentCallback, byKey: EventsByKey): string[] {
  const receipts = byKey.get(callbackKey(callback))?.[0]?.receipts ?? 0;
  const accepted = tries.filter(({ response }) => response === 204).length;
  if (receipts >= accepted && receipts <= tries.length) return [];
  return [`${nameOf(callback)}: ${receipts} receipts; ${accepted} answered 204 of ${tries.length} sent`];
}

export function wrongOrder(sent: readonly SentCallback[], byKey: EventsByKey): string[] {
  const payments = Map.groupBy(sent, ({ callback }) => callback.paymentId);
  return [...payments.values()].flatMap((callbacks) =>
    callbacks.flatMap((later, index) =>
      callbacks
        .slice(0, index)
        .filter((earlier) => acceptedAtMs(earlier) < sentAtMs(later) && !isBefore(earlier, later, byKey))
        .map((earlier) => `${nameOf(later.callback)} comes before ${nameOf(earlier.callback)}`),
    ),
  );
}

/** Certain only where the slow callback was accepted at its first try: a later try may have stored it. */
function overtaken(sent: readonly SentCallback[], byKey: EventsByKey): string[] {
  const byName = new Map(sent.map((one) => [nameOf(one.callback), one]));
  const pairs = sent.flatMap((later) => {
    const slow = byName.get(nameOf({ ...later.callback, number: later.callback.number - 1 }));
    return later.metSlowCommit && slow?.tries.length === 1 ? [{ slow, later }] : [];
  });
  if (pairs.length === 0) return [NO_SLOW_COMMIT];
  return pairs
    .filter(({ slow, later }) => !isBefore(slow, later, byKey))
    .map(({ slow, later }) => `${nameOf(later.callback)} overtook ${nameOf(slow.callback)}`);
}

function isBefore(earlier: SentCallback, later: SentCallback, byKey: EventsByKey): boolean {
  const [a] = byKey.get(callbackKey(earlier.callback)) ?? [];
  const [b] = byKey.get(callbackKey(later.callback)) ?? [];
  // The first verdict reports a missing event.
  return a === undefined || b === undefined || a.sequence < b.sequence;
}

export function acceptedAtMs({ tries }: SentCallback): number {
  return Math.min(...tries.filter(({ response }) => response === 204).map(({ endedAtMs }) => endedAtMs));
}

function sentAtMs({ tries }: SentCallback): number {
  return Math.min(...tries.map((one) => one.sentAtMs));
}

export function nameOf({ paymentId, number }: SentCallback['callback']): string {
  return `callback ${number} of ${paymentId}`;
}
