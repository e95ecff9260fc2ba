/** Checks every promise of `hostile`. Pure; a verdict names its promise and, when it was broken, each violation. */
import type { Verdict, ViolationCounts } from '../report.ts';
import { SLOW_LIMIT_MS } from './connection-floods.ts';
import type { Evidence, TargetEvidence } from './evidence.ts';
import { canonicalText, type ExpectedEvent } from './expected-event.ts';
import { quantile } from './legitimate-traffic.ts';
import { excessOutput } from './output-bounds.ts';
import { medianBytes } from './process-metrics.ts';

/** docs/protocol.md, Limits. */
const RESPONSE_LIMIT_MS = 4_000;
/**
 * The attacks whose 503 is documented: the database was too slow for a callback that would have been accepted, or the
 * Merchant API for a payment that it does not know.
 */
const MAY_BE_DEFERRED: ReadonlySet<string> = new Set([
  'valid but unusual',
  'Merchant API, valid but unusual',
  'Merchant API, unknown payment',
]);
const MAX_MEMORY_GROWTH = 1.15;
const MEMORY_SLACK_BYTES = 20 * 1024 * 1024;
/** Connections of legitimate callbacks, of the pool and to the merchant open and close all the time. */
const FILES_SLACK = 8;

/** Returns all verdicts of `hostile`. */
export function verdictsOf(evidence: Evidence): Verdict[] {
  const each = (check: (target: TargetEvidence) => string[]): string[] =>
    evidence.targets.flatMap((target) => check(target).map((violation) => `${target.name}: ${violation}`));
  return [
    { promise: 'no process crashed, and each one stopped with exit code 0 on SIGTERM', violations: each(badExits) },
    {
      promise: 'every request was answered once, as its attack allows, and every response is valid',
      violations: [...evidence.violations].map(([description, count]) => `${description} (${count} times)`),
    },
    { promise: 'bad input is never answered 5xx', violations: serverErrors(evidence) },
    { promise: 'every legitimate callback was answered 204 within 4 s', violations: each(legitimateViolations) },
    {
      promise: 'every callback answered 204 is stored exactly once, exactly as it was sent',
      violations: each(notStored),
    },
    { promise: 'nothing else is stored: not a row from unauthenticated input', violations: each(invented) },
    { promise: 'the receiver ends slow clients', violations: each(unendedSlowClients) },
    {
      promise: 'as many idle connections were open as the machine allows',
      violations:
        evidence.idle.open >= evidence.idle.wanted * 0.95 ? [] : [`${evidence.idle.open} of ${evidence.idle.wanted}`],
    },
    { promise: 'memory is flat', violations: each(memoryGrowth) },
    { promise: 'no file or connection stays open', violations: each(leakedFiles) },
    {
      promise: 'log and metrics do not grow with rejected requests',
      violations: each((target) => excessOutput(target, evidence.seconds)),
    },
    { promise: 'no secret leaked: log, responses, metrics, config, rows', violations: evidence.leaks },
    {
      promise: 'every request to the merchant is JSON, whatever the callbacks contained',
      violations: evidence.notJson === 0 ? [] : [`${evidence.notJson} requests`],
    },
  ];
}

function badExits({ crash, exitCode }: TargetEvidence): string[] {
  if (crash !== null) return [crash];
  return exitCode === 0 ? [] : [`after SIGTERM: ${exitCode === null ? 'it did not stop' : `exit code ${exitCode}`}`];
}

function serverErrors({ counts }: Evidence): string[] {
  return [...counts].flatMap(([attack, outcomes]) =>
    [...outcomes]
      .filter(([outcome]) => / 5\d\d$/.test(outcome))
      .filter(([outcome]) => !MAY_BE_DEFERRED.has(attack) || outcome !== 'callback 503')
      .map(([outcome, count]) => `${attack}: ${outcome} (${count} times)`),
  );
}

function legitimateViolations({ legitimate }: TargetEvidence): string[] {
  const wrong = legitimate.filter(({ outcome }) => outcome !== 'callback 204');
  const slowest = quantile(
    legitimate.map(({ tookMs }) => tookMs),
    1,
  );
  return [
    ...(['resurs-ecom', 'resurs-mapi'] as const)
      .filter((provider) => !legitimate.some(({ expectedEvent }) => expectedEvent.provider === provider))
      .map((provider) => `no legitimate callback of ${provider} was sent`),
    ...wrong.map(({ expectedEvent, outcome }) => `${expectedEvent.paymentId}: ${outcome}`),
    ...(slowest !== null && slowest > RESPONSE_LIMIT_MS ? [`the slowest took ${Math.round(slowest)} ms`] : []),
  ];
}

function notStored({ legitimate, accepted, stored }: TargetEvidence): string[] {
  const byId = Map.groupBy(stored, ({ paymentId }) => paymentId);
  return [...legitimate.map(({ expectedEvent }) => expectedEvent), ...accepted].flatMap((expectedEvent) => {
    const copies = byId.get(expectedEvent.paymentId) ?? [];
    if (copies.length !== 1) return [`${JSON.stringify(expectedEvent.paymentId)} is stored ${copies.length} times`];
    const [sentText, storedText] = [canonicalText(expectedEvent), canonicalText(copies[0] ?? expectedEvent)];
    return storedText === sentText ? [] : [`sent ${sentText}\nstored ${storedText}`];
  });
}

function invented({ legitimate, accepted, uncertain, stored, orphans }: TargetEvidence): string[] {
  const known = new Set<string>(
    [...legitimate.map(({ expectedEvent }) => expectedEvent), ...accepted, ...uncertain].map(
      ({ paymentId }) => paymentId,
    ),
  );
  const unknown = stored.filter(({ paymentId }: ExpectedEvent) => !known.has(paymentId));
  return [...unknown.map((expectedEvent) => `an event ${canonicalText(expectedEvent)}`), ...orphans];
}

/** Counts violations; the other scenarios check order and deliveries. */
export function countViolations(targets: readonly TargetEvidence[]): Partial<ViolationCounts> {
  const sum = (count: (target: TargetEvidence) => number): number =>
    targets.reduce((total, target) => total + count(target), 0);
  const copies = (target: TargetEvidence): number[] => {
    const byId = Map.groupBy(target.stored, ({ paymentId }) => paymentId);
    const answered = [...target.legitimate.map(({ expectedEvent }) => expectedEvent), ...target.accepted];
    return answered.map(({ paymentId }) => byId.get(paymentId)?.length ?? 0);
  };
  return {
    lost: sum((target) => copies(target).filter((count) => count === 0).length),
    invented: sum((target) => invented(target).length),
    storedTwice: sum((target) => copies(target).filter((count) => count > 1).length),
  };
}

function unendedSlowClients({ slow }: TargetEvidence): string[] {
  return slow.flatMap(({ client, outcomes, afterMs }) => {
    const isEnded = outcomes.at(-1) === 'closed' && afterMs <= SLOW_LIMIT_MS;
    const isAccepted = outcomes.some((outcome) => / 2\d\d$| 5\d\d$/.test(outcome));
    return isEnded && !isAccepted ? [] : [`${client}: ${outcomes.join(', ')} after ${Math.round(afterMs)} ms`];
  });
}

function memoryGrowth({ memory }: TargetEvidence): string[] {
  const before = medianBytes(memory, [0.25, 0.5]);
  const after = medianBytes(memory, [0.75, 1]);
  if (before === null || after === null) return [];
  const limit = Math.max(before * MAX_MEMORY_GROWTH, before + MEMORY_SLACK_BYTES);
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
  return after <= limit ? [] : [`from ${mib(before)} to ${mib(after)}`];
}

function leakedFiles({ files: { before, after } }: TargetEvidence): string[] {
  if (before === null || after === null || after <= before + FILES_SLACK) return [];
  return [`${before} before, ${after} after`];
}
