/** Checks the outbound promises: every event is delivered in order, and every attempt is recorded. Pure. */
import { isAccepted, type ReceivedRequest } from '../received-request.ts';
import type { Verdict } from '../report.ts';
import { callbackKey, type Evidence, type StoredAttempt, type StoredEvent } from './evidence.ts';

/** Compares the stored events and attempts with the requests that the merchant received. */
export function outboundVerdicts(evidence: Evidence): Verdict[] {
  const { events, attempts, received } = evidence;
  const attemptsOf = Map.groupBy(attempts, ({ eventId }) => eventId);
  const requestsOf = Map.groupBy(received, ({ webhookId }) => webhookId);
  return [
    {
      promise: 'every event is delivered; none stays pending or delivering, none is a dead letter',
      violations: events.filter(({ state }) => state !== 'delivered').map(({ id, state }) => `${id}: ${state}`),
    },
    {
      promise: 'the merchant answered each event 204 at least once, and received nothing else',
      violations: [
        ...events.filter(({ id }) => !wasAccepted(requestsOf.get(id))).map(({ id }) => `${id}: never answered 204`),
        ...unknownRequests(events, received),
      ],
    },
    {
      promise: 'the first requests for the events of a payment arrive in the order of sequence',
      violations: outOfOrder(received),
    },
    {
      promise: 'a repeated request has the same webhook-id and the same bytes',
      violations: [...Map.groupBy(received, callbackKey).values()].flatMap(payloadChanged),
    },
    {
      promise: 'attempt numbers run from 1 without a gap; attempts and deliveries agree',
      violations: events.flatMap((event) => wrongNumbers(event, attemptsOf.get(event.id) ?? [])),
    },
    {
      promise: 'each delivery ends with its only accepted attempt, which the merchant answered 204',
      violations: events.flatMap((event) =>
        wrongFinalAttempt(attemptsOf.get(event.id) ?? [], requestsOf.get(event.id) ?? []),
      ),
    },
    {
      promise: 'each request that the merchant received is recorded under its own number, with its response',
      violations: lastOfAttempts(received).flatMap((request) =>
        wrongRecord(request, attemptsOf.get(request.webhookId) ?? []),
      ),
    },
    {
      promise: 'no attempt number was sent twice, except once more after its connection had ended',
      violations: duplicateAttemptNumbers(received),
    },
    {
      promise: 'a settlement that came too late changed nothing; every other one is stored as logged',
      violations: logMismatch(evidence),
    },
    {
      promise: 'every signature verifies',
      violations: received.filter(({ isVerified }) => !isVerified).map(({ webhookId }) => webhookId),
    },
  ];
}

export function wasAccepted(received: readonly ReceivedRequest[] = []): boolean {
  return received.some(({ responseOutcome }) => isAccepted(responseOutcome));
}

export function unknownRequests(events: readonly StoredEvent[], received: readonly ReceivedRequest[]): string[] {
  const known = new Map(events.map((event) => [event.id, event]));
  return received
    .filter((request) => {
      const event = known.get(request.webhookId);
      return event === undefined || callbackKey(event) !== callbackKey(request) || event.sequence !== request.sequence;
    })
    .map(({ webhookId, attempt }) => `${webhookId}, attempt ${attempt}: no such event, or the content of another one`);
}

export function outOfOrder(received: readonly ReceivedRequest[]): string[] {
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  return received.flatMap(({ webhookId, paymentId, sequence }) => {
    if (seen.has(webhookId)) return [];
    seen.add(webhookId);
    const before = latest.get(paymentId) ?? 0;
    latest.set(paymentId, Math.max(before, sequence));
    return sequence > before ? [] : [`${webhookId}: sequence ${sequence} of ${paymentId} came after ${before}`];
  });
}

export function payloadChanged(received: readonly ReceivedRequest[]): string[] {
  const variants = new Set(received.map(({ webhookId, fingerprint }) => `${webhookId} ${fingerprint}`));
  return variants.size === 1 ? [] : [`${received[0]?.webhookId}: ${variants.size} different payloads`];
}

export function wrongNumbers({ id, attemptCount }: StoredEvent, attempts: readonly StoredAttempt[]): string[] {
  const numbers = attempts.map(({ number }) => number);
  const isComplete = numbers.every((number, index) => number === index + 1) && numbers.length === attemptCount;
  return isComplete && attemptCount > 0 ? [] : [`${id}: counted ${attemptCount}, recorded ${numbers.join(', ')}`];
}

export function wrongFinalAttempt(attempts: readonly StoredAttempt[], received: readonly ReceivedRequest[]): string[] {
  return attempts.flatMap(({ eventId, number, outcome }, index) => {
    const isLast = index === attempts.length - 1;
    if ((outcome === 'accepted') !== isLast) return [`${eventId}, attempt ${number}: ${outcome}, last: ${isLast}`];
    const isTrue = !isLast || wasAccepted(received.filter(({ attempt }) => attempt === number));
    return isTrue ? [] : [`${eventId}, attempt ${number}: accepted, but not by the merchant`];
  });
}

/**
 * An abandoned attempt may have got any response, and so may one that timed out: a replica that was stopped while the
 * response arrived handles its timer first. A response that was read must be the one that the merchant sent.
 */
export function wrongRecord(
  { webhookId, attempt, responseOutcome }: ReceivedRequest,
  attempts: readonly StoredAttempt[],
): string[] {
  const stored = attempts.find(({ number }) => number === attempt);
  if (stored === undefined) return [`${webhookId}, attempt ${attempt}: not recorded`];
  const wasRead = stored.outcome === 'accepted' || stored.outcome === 'refused';
  if (!wasRead || stored.status === responseOutcome) return [];
  return [`${webhookId}, attempt ${attempt}: ${stored.status} recorded for ${responseOutcome}`];
}

/** The last request of each attempt: it may be sent once more, and then only that response is read. */
export function lastOfAttempts(received: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
  return [...byAttempt(received).values()].flatMap((requests) => requests.slice(-1));
}

export function duplicateAttemptNumbers(received: readonly ReceivedRequest[]): string[] {
  return [...byAttempt(received)]
    .filter(([, requests]) => requests.length > 2 || requests.slice(1).some(({ isResend }) => !isResend))
    .map(([name, requests]) => `${name}: ${requests.length} times`);
}

function byAttempt(received: readonly ReceivedRequest[]): Map<string, ReceivedRequest[]> {
  return Map.groupBy(received, ({ webhookId, attempt }) => `${webhookId}, attempt ${attempt}`);
}

/**
 * After a lost settlement the attempt is stored as another process recorded it: abandoned. Or it is stored as logged,
 * when the statement was committed and the replica was stopped before it could read that.
 */
export function logMismatch({ lines, attempts }: Pick<Evidence, 'lines' | 'attempts'>): string[] {
  const outcomes = new Map(
    attempts.map((attempt) => [`${attempt.eventId}, attempt ${attempt.number}`, attempt.outcome]),
  );
  return lines.flatMap(({ eventId, attempt, outcome, settled }) => {
    const stored = outcomes.get(`${eventId}, attempt ${attempt}`);
    // Nothing stays unsettled in this scenario: the database is always available.
    const isRight = settled !== 'unsettled' && (stored === outcome || (settled === 'lost' && stored === 'abandoned'));
    return isRight ? [] : [`${eventId}, attempt ${attempt}: ${settled} as ${outcome}, stored as ${stored}`];
  });
}
