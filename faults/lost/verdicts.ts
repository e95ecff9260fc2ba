/** Checks every promise of `lost`. Pure; a verdict names its promise and, when it was broken, each violation. */
import type { Verdict, ViolationCounts } from '../report.ts';
import { type Evidence, missedKeys } from './evidence.ts';

/** Returns all verdicts. */
export function verdictsOf(evidence: Evidence): Verdict[] {
  const { runs, crashes, leaks } = evidence;
  return [
    { promise: 'each missed fact is found', violations: notFound(evidence) },
    { promise: 'no fact is invented', violations: invented(evidence) },
    { promise: 'no fact and no event is reported twice', violations: reportedTwice(evidence) },
    { promise: 'each callback that came is stored', violations: notStored(evidence) },
    { promise: 'each event is delivered, signed, to the merchant', violations: notDelivered(evidence) },
    { promise: 'each run of reconcile that was not killed ended with exit code 0', violations: failedRuns(runs) },
    { promise: 'asking again from the beginning finds nothing more', violations: foundAgain(runs) },
    { promise: 'nothing about a customer and no secret is in a line of the log or in a row', violations: leaks },
    { promise: 'no replica crashed, and each one stopped with exit code 0 on SIGTERM', violations: crashes },
    { promise: 'callbacks were lost, a replica was killed, and so was a run', violations: missingFaults(evidence) },
  ];
}

/** Counts the violations. */
export function countViolations(evidence: Evidence): ViolationCounts {
  return {
    lost: notFound(evidence).length + notStored(evidence).length,
    invented: invented(evidence).length,
    storedTwice: reportedTwice(evidence).length,
    outOfOrder: 0,
    stuck: notDelivered(evidence).length,
  };
}

function foundKeys({ events }: Evidence): string[] {
  return events.flatMap(({ paymentId, missed }) => (missed === null ? [] : missedKeys(paymentId, missed)));
}

function expectedKeys({ expected }: Evidence): string[] {
  return expected.flatMap((one) => missedKeys(one.paymentId, one));
}

/** True as soon as everything that has to be found is stored. */
export function isEverythingFound(evidence: Pick<Evidence, 'events' | 'expected'>): boolean {
  const found = new Set(foundKeys({ ...EMPTY, ...evidence }));
  return expectedKeys({ ...EMPTY, ...evidence }).every((key) => found.has(key));
}

const EMPTY: Evidence = {
  callbacks: [],
  expected: [],
  events: [],
  received: [],
  runs: [],
  kills: 0,
  crashes: [],
  leaks: [],
};

function notFound(evidence: Evidence): string[] {
  const found = new Set(foundKeys(evidence));
  return expectedKeys(evidence).filter((key) => !found.has(key));
}

function invented(evidence: Evidence): string[] {
  const expected = new Set(expectedKeys(evidence));
  return foundKeys(evidence).filter((key) => !expected.has(key));
}

/** Callbacks of one type have one payment each, but for those that are about two times or two changes. */
function reportedTwice(evidence: Evidence): string[] {
  const keys = foundKeys(evidence);
  const reported = keys.filter((key, index) => isRepeatable(key) === false && keys.indexOf(key) < index);
  const { events } = evidence;
  const once = events.filter(({ callback }) => callback === 'BOOKED' || callback === 'ANNULMENT');
  const stored = once.map(({ callback, paymentId }) => `${callback} ${paymentId}`);
  return [...reported, ...stored.filter((key, index) => stored.indexOf(key) < index)];
}

/** Several actions of one kind may be found one after the other; each of them is known by its own key. */
function isRepeatable(key: string): boolean {
  return / (?:captured|refunded)$/.test(key);
}

function notStored({ callbacks, events }: Evidence): string[] {
  const stored = new Set(events.map(({ callback, paymentId }) => `${callback} ${paymentId}`));
  const came = callbacks.filter(({ kept }) => kept > 0).map(({ type, paymentId }) => `${type} ${paymentId}`);
  return [...new Set(came)].filter((key) => !stored.has(key));
}

function notDelivered({ events, received }: Evidence): string[] {
  const accepted = new Set(
    received
      .filter(({ isVerified, responseOutcome }) => isVerified && responseOutcome === 204)
      .map(({ webhookId }) => webhookId),
  );
  return events
    .filter(({ id, state }) => state !== 'delivered' || !accepted.has(id))
    .map(({ id, callback, state }) => `${id} (${callback}): ${state ?? 'no delivery'}`);
}

function failedRuns(runs: Evidence['runs']): string[] {
  return runs
    .filter(({ wasKilled, exitCode }) => !wasKilled && exitCode !== 0)
    .map(({ exitCode, lines }) => [`exit code ${exitCode ?? 'none'}`, ...lines].join('\n'));
}

/** The last two runs asked for everything again. */
function foundAgain(runs: Evidence['runs']): string[] {
  return runs
    .slice(-2)
    .filter(({ missed }) => missed > 0)
    .map(({ missed }) => `${missed} payments`);
}

/** A run without faults proves nothing. */
function missingFaults({ callbacks, kills, runs }: Evidence): string[] {
  return [
    ...(callbacks.some(({ lost }) => lost) ? [] : ['no callback was lost']),
    ...(kills > 0 ? [] : ['no replica was killed']),
    ...(runs.some(({ wasKilled }) => wasKilled) ? [] : ['no run of reconcile was killed']),
  ];
}
