/**
 * Checks the promises of the contract against what Resurs saw, what was stored and what the merchant received, and
 * those three against each other. Pure. Every check names its promise and, when it fails, the differences.
 */

import { RECONCILED_CALLBACK } from '../src/events/missed.ts';
import { CALLBACK_TYPES } from '../src/protocol/ecom/callback-types.ts';
import { EXPECTED } from '../src/simulator/expected.ts';
import type { SimulatedCallback } from '../src/simulator/result.ts';
import {
  notRescued,
  notRetried,
  outOfOrder,
  unverified,
  wrongDeliveries,
  wrongSnapshots,
} from './delivery-violations.ts';
import type { ReceivedRequest } from './merchant.ts';
import type { StoredEvent } from './stored-events.ts';

export interface Evidence {
  /** The callback types that are registered with the fake Resurs. */
  readonly registered: readonly string[];
  readonly callbacks: readonly SimulatedCallback[];
  readonly events: readonly StoredEvent[];
  readonly received: readonly ReceivedRequest[];
  readonly receiverExitCode: number | null;
}

/** A promise with its violations; none when it is kept. */
export interface Check {
  readonly promise: string;
  readonly violations: readonly string[];
}

/** Returns all checks, in the order of a callback's path. */
export function verdicts(evidence: Evidence): Check[] {
  const { registered, received, receiverExitCode } = evidence;
  const callbacks = evidence.callbacks.filter(({ lost }) => !lost);
  const events = evidence.events.filter(({ callback }) => callback !== RECONCILED_CALLBACK);
  return [
    { promise: 'every type is registered at Resurs, and read back', violations: notRegistered(registered) },
    { promise: 'every callback got the promised status and reason', violations: wrongResponses(callbacks) },
    { promise: 'the reason phrase and x-callback-reason are equal', violations: wrongPhrases(callbacks) },
    {
      promise: 'every fact answered 204 is stored exactly once, and nothing else',
      violations: wrongFacts(callbacks, events),
    },
    { promise: 'repeats are counted as receipts, not as events', violations: wrongReceipts(callbacks, events) },
    {
      promise: 'a wrong digest is refused and leaves nothing',
      violations: leftTraces(evidence, EXPECTED.wrongDigest.status),
    },
    {
      promise: 'a wrong token of the Merchant API is refused and leaves nothing',
      violations: leftTraces(evidence, EXPECTED.unauthorized.status),
    },
    {
      promise: 'an order that is not ours is refused and leaves nothing',
      violations: leftTraces(evidence, EXPECTED.notOurs.status),
    },
    { promise: 'every delivery carries a signature that verifies', violations: unverified(received) },
    {
      promise: 'every stored event reached the merchant once, under its own webhook-id',
      violations: wrongDeliveries(evidence),
    },
    {
      promise: "within a payment the merchant received the events in the order of 'sequence'",
      violations: outOfOrder(received),
    },
    { promise: 'a delivery answered 500 is retried with the same webhook-id', violations: notRetried(received) },
    {
      promise: 'every event of a payment says what Resurs holds of it, the same in each attempt',
      violations: wrongSnapshots(received),
    },
    {
      promise: 'a callback that never came is found at Resurs, and the merchant is told once',
      violations: notRescued(evidence.callbacks, received),
    },
    {
      promise: 'the receiver stopped on SIGTERM with exit code 0',
      violations: receiverExitCode === 0 ? [] : [`exit code ${receiverExitCode ?? 'none: it had to be killed'}`],
    },
  ];
}

function notRegistered(registered: readonly string[]): string[] {
  return CALLBACK_TYPES.filter((type) => !registered.includes(type)).map((type) => `${type}: not registered`);
}

function wrongResponses(callbacks: readonly SimulatedCallback[]): string[] {
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

/** Compares events by callback, result and payment: the scenario has one fact of each. */
function wrongFacts(callbacks: readonly SimulatedCallback[], events: readonly StoredEvent[]): string[] {
  const accepted = callbacks.filter((callback) => callback.kept > 0);
  const facts = new Set(accepted.map(factOf));
  const stored = events.map((event) => factOf({ ...event, type: event.callback }));

  const missing = [...facts].filter((fact) => !stored.includes(fact)).map((fact) => `${fact}: not stored`);
  const twice = [...facts]
    .filter((fact) => stored.filter((one) => one === fact).length > 1)
    .map((fact) => `${fact}: stored twice`);
  const invented = stored.filter((fact) => !facts.has(fact)).map((fact) => `${fact}: never answered 204`);
  return [...missing, ...twice, ...invented];
}

function wrongReceipts(callbacks: readonly SimulatedCallback[], events: readonly StoredEvent[]): string[] {
  return events.flatMap((event) => {
    const fact = factOf({ ...event, type: event.callback });
    const sent = callbacks.filter((callback) => factOf(callback) === fact).reduce((sum, { kept }) => sum + kept, 0);
    return event.receipts.count === sent ? [] : [`${fact}: ${event.receipts.count} receipts of ${sent} callbacks`];
  });
}

/** Finds traces of the callbacks that had to be refused with this status. */
function leftTraces({ callbacks, events, received }: Evidence, status: number): string[] {
  const refused = callbacks.filter(({ expected }) => expected.status === status);
  if (refused.length === 0) return ['no such callback was sent'];

  return refused.flatMap(({ fact, paymentId, status: seen }) => [
    ...(seen === status ? [] : [`${fact}: answered ${seen ?? 'nothing'}`]),
    ...(events.some((event) => event.paymentId === paymentId) ? [`${fact}: stored`] : []),
    ...(received.some((request) => request.paymentId === paymentId) ? [`${fact}: delivered`] : []),
  ]);
}

interface Fact {
  readonly type: string;
  readonly paymentId: string | null;
  readonly result: string | null;
}

function factOf({ type, paymentId, result }: Fact): string {
  return [type, paymentId, result].filter((part) => part !== null).join(' ');
}
