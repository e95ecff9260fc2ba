/**
 * Whether all of it is as promised: what Resurs saw, what was kept and what the merchant got, held against the contract and
 * against each other. Pure; every check names its promise and, when it fails, what was different.
 */

import { CALLBACK_TYPES } from '../src/protocol/ecom/callback-types.ts';
import type { SimulatedCallback } from '../src/simulator/result.ts';
import { EXPECTED } from '../src/simulator/scenario.ts';
import type { Arrival } from './merchant.ts';
import type { KeptEvent } from './stored-events.ts';

export interface Evidence {
  /** The types that the stand-in for Resurs holds. */
  readonly registered: readonly string[];
  readonly callbacks: readonly SimulatedCallback[];
  readonly events: readonly KeptEvent[];
  readonly arrivals: readonly Arrival[];
  readonly receiverExitCode: number | null;
}

/** A promise with what breaks it; nothing when it is kept. */
export interface Check {
  readonly promise: string;
  readonly faults: readonly string[];
}

/** All checks, in the order of a callback's way. */
export function judge(evidence: Evidence): Check[] {
  const { registered, callbacks, events, arrivals, receiverExitCode } = evidence;
  return [
    { promise: 'every type is registered at Resurs, and read back', faults: notRegistered(registered) },
    { promise: 'every callback got the promised status and reason', faults: wrongAnswers(callbacks) },
    { promise: 'the reason phrase and x-callback-reason say the same', faults: wrongPhrases(callbacks) },
    {
      promise: 'every fact answered 204 is kept exactly once, and nothing else',
      faults: wrongFacts(callbacks, events),
    },
    { promise: 'repeats are counted as receipts, not as events', faults: wrongReceipts(callbacks, events) },
    {
      promise: 'a wrong digest is refused and leaves nothing',
      faults: leftBehind(evidence, EXPECTED.wrongDigest.status),
    },
    { promise: 'a foreign order is refused and leaves nothing', faults: leftBehind(evidence, EXPECTED.notOurs.status) },
    { promise: 'every delivery carries a signature that verifies', faults: unverified(arrivals) },
    {
      promise: 'every kept event reached the merchant once, under its own webhook-id',
      faults: wrongDeliveries(evidence),
    },
    {
      promise: "within a payment the merchant got the events in the order of 'sequence'",
      faults: outOfOrder(arrivals),
    },
    { promise: 'a delivery answered 500 came again with the same webhook-id', faults: notRetried(arrivals) },
    {
      promise: 'the receiver stopped when asked to, with exit code 0',
      faults: receiverExitCode === 0 ? [] : [`exit code ${receiverExitCode ?? 'none: it had to be killed'}`],
    },
  ];
}

function notRegistered(registered: readonly string[]): string[] {
  return CALLBACK_TYPES.filter((type) => !registered.includes(type)).map((type) => `${type}: not registered`);
}

function wrongAnswers(callbacks: readonly SimulatedCallback[]): string[] {
  if (callbacks.length === 0) return ['no callback was sent'];
  return callbacks
    .filter(({ status, reason, expected }) => status !== expected.status || reason !== expected.reason)
    .map(
      (seen) =>
        `${seen.fact}: ${seen.status ?? ''} ${seen.reason}, promised ${seen.expected.status} ${seen.expected.reason}`,
    );
}

function wrongPhrases(callbacks: readonly SimulatedCallback[]): string[] {
  return callbacks.filter(({ phrase, reason }) => phrase !== reason).map(({ fact, phrase }) => `${fact}: ${phrase}`);
}

/** Events are compared by callback and payment: the story has one fact of each. */
function wrongFacts(callbacks: readonly SimulatedCallback[], events: readonly KeptEvent[]): string[] {
  const kept = callbacks.filter((callback) => callback.kept > 0);
  const facts = new Set(kept.map(placeOf));
  const places = events.map((event) => placeOf({ type: event.callback, paymentId: event.paymentId }));

  const missing = [...facts].filter((fact) => !places.includes(fact)).map((fact) => `${fact}: not kept`);
  const twice = [...facts]
    .filter((fact) => places.filter((place) => place === fact).length > 1)
    .map((fact) => `${fact}: kept twice`);
  const invented = places.filter((place) => !facts.has(place)).map((place) => `${place}: never answered 204`);
  return [...missing, ...twice, ...invented];
}

function wrongReceipts(callbacks: readonly SimulatedCallback[], events: readonly KeptEvent[]): string[] {
  return events.flatMap((event) => {
    const place = placeOf({ type: event.callback, paymentId: event.paymentId });
    const sent = callbacks.filter((callback) => placeOf(callback) === place).reduce((sum, { kept }) => sum + kept, 0);
    return event.receipts.count === sent ? [] : [`${place}: ${event.receipts.count} receipts of ${sent} arrivals`];
  });
}

/** Looks for traces of the callbacks that had to be refused with this status. */
function leftBehind({ callbacks, events, arrivals }: Evidence, status: number): string[] {
  const refused = callbacks.filter(({ expected }) => expected.status === status);
  if (refused.length === 0) return ['no such callback was sent'];

  return refused.flatMap(({ fact, paymentId, status: seen }) => [
    ...(seen === status ? [] : [`${fact}: answered ${seen ?? 'nothing'}`]),
    ...(events.some((event) => event.paymentId === paymentId) ? [`${fact}: kept`] : []),
    ...(arrivals.some((arrival) => arrival.paymentId === paymentId) ? [`${fact}: delivered`] : []),
  ]);
}

function unverified(arrivals: readonly Arrival[]): string[] {
  if (arrivals.length === 0) return ['nothing was delivered'];
  return arrivals.filter(({ verified }) => !verified).map(({ webhookId }) => webhookId);
}

function wrongDeliveries({ events, arrivals }: Evidence): string[] {
  const accepted = (id: string): number =>
    arrivals.filter(({ webhookId, status }) => webhookId === id && status === 204).length;
  const known = new Set(events.map(({ id }) => id));

  return [
    ...events.filter(({ id }) => accepted(id) !== 1).map(({ id }) => `${id}: accepted ${accepted(id)} times`),
    ...events
      .filter(({ delivery }) => delivery?.state !== 'delivered')
      .map(({ id, delivery }) => `${id}: ${delivery?.state ?? 'no delivery'}`),
    ...arrivals.filter(({ webhookId }) => !known.has(webhookId)).map(({ webhookId }) => `${webhookId}: no such event`),
  ];
}

/** An event may come only after the one before it, of the same payment, was accepted; so neither list may step back. */
function outOfOrder(arrivals: readonly Arrival[]): string[] {
  return arrivals
    .filter((arrival, index) =>
      arrivals
        .slice(0, index)
        .some((earlier) => earlier.paymentId === arrival.paymentId && earlier.sequence > arrival.sequence),
    )
    .map(({ webhookId, sequence }) => `${webhookId}: sequence ${sequence} came late`);
}

function notRetried(arrivals: readonly Arrival[]): string[] {
  const refused = arrivals.filter(({ status }) => status === 500);
  if (refused.length === 0) return ['no delivery was answered 500'];

  return refused
    .filter(
      (first) =>
        !arrivals.some(
          (again) => again.webhookId === first.webhookId && again.attempt === first.attempt + 1 && again.status === 204,
        ),
    )
    .map(({ webhookId }) => `${webhookId}: did not come again`);
}

function placeOf({ type, paymentId }: { readonly type: string; readonly paymentId: string | null }): string {
  return paymentId === null ? type : `${type} ${paymentId}`;
}
