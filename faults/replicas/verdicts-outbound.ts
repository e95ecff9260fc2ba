/** The promises of the way out: everything is delivered, in order, and every attempt accounts for itself. Pure. */
import { type Arrival, isAcceptance } from '../received-request.ts';
import type { Verdict } from '../report.ts';
import { type Evidence, grouped, type KeptAttempt, type KeptEvent, keyOf } from './evidence.ts';

export function judgeWayOut(evidence: Evidence): Verdict[] {
  const { events, attempts, arrivals } = evidence;
  const attemptsOf = grouped(attempts, ({ eventId }) => eventId);
  const arrivalsOf = grouped(arrivals, ({ webhookId }) => webhookId);
  return [
    {
      promise: 'every event is delivered; nothing stays pending or delivering, nothing is a dead letter',
      faults: events.filter(({ state }) => state !== 'delivered').map(({ id, state }) => `${id}: ${state}`),
    },
    {
      promise: 'the merchant has answered each event 204 at least once, and saw nothing else',
      faults: [
        ...events.filter(({ id }) => !isAccepted(arrivalsOf.get(id))).map(({ id }) => `${id}: never answered 204`),
        ...unknownArrivals(events, arrivals),
      ],
    },
    { promise: 'first arrivals of each payment come in the order of sequence', faults: outOfOrder(arrivals) },
    {
      promise: 'whatever the merchant saw again has the same webhook-id and the same bytes',
      faults: [...grouped(arrivals, keyOf).values()].flatMap(notTheSame),
    },
    {
      promise: 'attempt numbers run from 1 without a gap; attempts and deliveries agree',
      faults: events.flatMap((event) => wrongNumbers(event, attemptsOf.get(event.id) ?? [])),
    },
    {
      promise: 'each delivery ends with its only accepted attempt, which the merchant has answered 204',
      faults: events.flatMap((event) => wrongEnd(attemptsOf.get(event.id) ?? [], arrivalsOf.get(event.id) ?? [])),
    },
    {
      promise: 'each request the merchant saw is written down under its own number, with its answer',
      faults: arrivals.flatMap((arrival) => wrongRecord(arrival, attemptsOf.get(arrival.webhookId) ?? [])),
    },
    { promise: 'no attempt number was sent twice', faults: sentTwice(arrivals) },
    {
      promise: 'a settlement that came too late changed nothing; each other one is as logged',
      faults: wrongLines(evidence),
    },
    {
      promise: 'every signature verifies',
      faults: arrivals.filter(({ isVerified }) => !isVerified).map(({ webhookId }) => webhookId),
    },
  ];
}

export function isAccepted(arrivals: readonly Arrival[] = []): boolean {
  return arrivals.some(({ fate }) => isAcceptance(fate));
}

export function unknownArrivals(events: readonly KeptEvent[], arrivals: readonly Arrival[]): string[] {
  const known = new Map(events.map((event) => [event.id, event]));
  return arrivals
    .filter((arrival) => {
      const event = known.get(arrival.webhookId);
      return event === undefined || keyOf(event) !== keyOf(arrival) || event.sequence !== arrival.sequence;
    })
    .map(({ webhookId, attempt }) => `${webhookId}, attempt ${attempt}: no such event, or another one's content`);
}

export function outOfOrder(arrivals: readonly Arrival[]): string[] {
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  return arrivals.flatMap(({ webhookId, paymentId, sequence }) => {
    if (seen.has(webhookId)) return [];
    seen.add(webhookId);
    const before = latest.get(paymentId) ?? 0;
    latest.set(paymentId, Math.max(before, sequence));
    return sequence > before ? [] : [`${webhookId}: sequence ${sequence} of ${paymentId} came after ${before}`];
  });
}

export function notTheSame(arrivals: readonly Arrival[]): string[] {
  const looks = new Set(arrivals.map(({ webhookId, fingerprint }) => `${webhookId} ${fingerprint}`));
  return looks.size === 1 ? [] : [`${arrivals[0]?.webhookId}: came in ${looks.size} guises`];
}

export function wrongNumbers({ id, attemptCount }: KeptEvent, attempts: readonly KeptAttempt[]): string[] {
  const numbers = attempts.map(({ number }) => number);
  const isWhole = numbers.every((number, index) => number === index + 1) && numbers.length === attemptCount;
  return isWhole && attemptCount > 0 ? [] : [`${id}: counted ${attemptCount}, written down ${numbers.join(', ')}`];
}

export function wrongEnd(attempts: readonly KeptAttempt[], arrivals: readonly Arrival[]): string[] {
  return attempts.flatMap(({ eventId, number, outcome }, index) => {
    const isLast = index === attempts.length - 1;
    if ((outcome === 'accepted') !== isLast) return [`${eventId}, attempt ${number}: ${outcome}, last: ${isLast}`];
    const isTrue = !isLast || isAccepted(arrivals.filter(({ attempt }) => attempt === number));
    return isTrue ? [] : [`${eventId}, attempt ${number}: accepted, but the merchant says otherwise`];
  });
}

/**
 * An abandoned attempt may have got any answer, and so may one that timed out: a replica that was stopped while the answer
 * came sees its timer first. What was answered and read must be what the merchant answered.
 */
export function wrongRecord({ webhookId, attempt, fate }: Arrival, attempts: readonly KeptAttempt[]): string[] {
  const kept = attempts.find(({ number }) => number === attempt);
  if (kept === undefined) return [`${webhookId}, attempt ${attempt}: not written down`];
  const wasRead = kept.outcome === 'accepted' || kept.outcome === 'refused';
  return !wasRead || kept.status === fate ? [] : [`${webhookId}, attempt ${attempt}: ${kept.status} for ${fate}`];
}

export function sentTwice(arrivals: readonly Arrival[]): string[] {
  const numbers = grouped(arrivals, ({ webhookId, attempt }) => `${webhookId}, attempt ${attempt}`);
  return [...numbers].filter(([, list]) => list.length > 1).map(([name, list]) => `${name}: ${list.length} times`);
}

/**
 * A lost settlement leaves its attempt as another process wrote it: abandoned. Or as the log says, when the statement had
 * been committed before, and the replica was stopped before it could read that.
 */
export function wrongLines({ lines, attempts }: Pick<Evidence, 'lines' | 'attempts'>): string[] {
  const kept = new Map(attempts.map((attempt) => [`${attempt.eventId}, attempt ${attempt.number}`, attempt.outcome]));
  return lines.flatMap(({ eventId, attempt, outcome, settled }) => {
    const written = kept.get(`${eventId}, attempt ${attempt}`);
    // Nothing stays unsettled here: the database is always there.
    const isRight = settled !== 'unsettled' && (written === outcome || (settled === 'lost' && written === 'abandoned'));
    return isRight ? [] : [`${eventId}, attempt ${attempt}: ${settled} as ${outcome}, written down as ${written}`];
  });
}
