/** Whether the receivers stood it. Pure; every verdict names its promise and, when it is broken, what was different. */
import type { Toll, Verdict } from '../report.ts';
import { SLOW_LIMIT_MS } from './connection-floods.ts';
import type { Evidence, HouseEvidence } from './evidence.ts';
import { type Fact, textOf } from './expected-event.ts';
import { quantile } from './legitimate-traffic.ts';
import { typicalBytes } from './process-metrics.ts';

/** docs/protocol.md, Limits. */
const ANSWER_LIMIT_MS = 4_000;
/** Kinds whose 503 is documented: the database was too slow for a callback that would have been taken. */
const MAY_BE_PUT_OFF = 'odd but right';
const MEMORY_SHARE = 1.15;
const MEMORY_BYTES = 20 * 1024 * 1024;
/** Connections of the honest, of the pool and to the merchant come and go. */
const FILES_SLACK = 8;
/** Seven types, `other` and `unknown`, each with fifteen answers. */
const MOST_SERIES = 135;
/**
 * Refusals may write this much a second, however many they are; what is taken writes a line, and one for its delivery.
 */
const REFUSED_LINES_PER_SECOND = 30;
const OTHER_LINES = 200;

export function judge(evidence: Evidence): Verdict[] {
  const each = (look: (house: HouseEvidence) => string[]): string[] =>
    evidence.houses.flatMap((house) => look(house).map((fault) => `${house.name}: ${fault}`));
  return [
    { promise: 'no process ended by itself, and each stopped with exit code 0 when asked to', faults: each(endings) },
    {
      promise: 'every request was answered as its kind allows, once, and no answer contradicts itself',
      faults: [...evidence.wrongs].map(([what, count]) => `${what} (${count} times)`),
    },
    { promise: 'bad input is never answered 5xx', faults: serverErrors(evidence) },
    { promise: 'every honest callback was answered 204 within 4 s', faults: each(neglected) },
    { promise: 'what was answered 204 is stored exactly once, exactly as it was sent', faults: each(notStored) },
    { promise: 'nothing else is stored: not a row from input without proof', faults: each(invented) },
    { promise: 'slow senders are ended by the receiver', faults: each(endless) },
    {
      promise: 'as many idle connections were held as the machine allows',
      faults:
        evidence.idle.open >= evidence.idle.wanted * 0.95 ? [] : [`${evidence.idle.open} of ${evidence.idle.wanted}`],
    },
    { promise: 'memory is flat', faults: each(grown) },
    { promise: 'no file or connection stays open', faults: each(leftOpen) },
    {
      promise: 'log and metrics do not grow with refusals',
      faults: each((house) => talkative(house, evidence.seconds)),
    },
    { promise: 'nothing secret came out: log, answers, metrics, config', faults: evidence.leaks },
    {
      promise: 'what the merchant got is JSON, whatever the callbacks held',
      faults: evidence.notJson === 0 ? [] : [`${evidence.notJson} requests`],
    },
  ];
}

function endings({ crash, exitCode }: HouseEvidence): string[] {
  if (crash !== null) return [crash];
  return exitCode === 0 ? [] : [`asked to stop: ${exitCode === null ? 'it did not' : `exit code ${exitCode}`}`];
}

function serverErrors({ counts }: Evidence): string[] {
  return [...counts].flatMap(([kind, outcomes]) =>
    [...outcomes]
      .filter(([outcome]) => / 5\d\d$/.test(outcome))
      .filter(([outcome]) => kind !== MAY_BE_PUT_OFF || outcome !== 'callback 503')
      .map(([outcome, count]) => `${kind}: ${outcome} (${count} times)`),
  );
}

function neglected({ honest }: HouseEvidence): string[] {
  const wrong = honest.filter(({ outcome }) => outcome !== 'callback 204');
  const slowest = quantile(
    honest.map(({ tookMs }) => tookMs),
    1,
  );
  return [
    ...(honest.length > 0 ? [] : ['no honest callback was sent']),
    ...wrong.map(({ fact, outcome }) => `${fact.paymentId}: ${outcome}`),
    ...(slowest !== null && slowest > ANSWER_LIMIT_MS ? [`the slowest took ${Math.round(slowest)} ms`] : []),
  ];
}

function notStored({ honest, taken, kept }: HouseEvidence): string[] {
  const byId = Map.groupBy(kept, ({ paymentId }) => paymentId);
  return [...honest.map(({ fact }) => fact), ...taken].flatMap((fact) => {
    const stored = byId.get(fact.paymentId) ?? [];
    if (stored.length !== 1) return [`${JSON.stringify(fact.paymentId)} is stored ${stored.length} times`];
    const [one = fact] = stored;
    return textOf(one) === textOf(fact) ? [] : [`sent ${textOf(fact)}\nkept ${textOf(one)}`];
  });
}

function invented({ honest, taken, doubtful, kept, strays }: HouseEvidence): string[] {
  const known = new Set<string>(
    [...honest.map(({ fact }) => fact), ...taken, ...doubtful].map(({ paymentId }) => paymentId),
  );
  const unknown = kept.filter(({ paymentId }: Fact) => !known.has(paymentId));
  return [...unknown.map((fact) => `an event ${textOf(fact)}`), ...strays];
}

/** Order and deliveries are the business of the other scenarios. */
export function tollOf(houses: readonly HouseEvidence[]): Partial<Toll> {
  const sum = (count: (house: HouseEvidence) => number): number =>
    houses.reduce((whole, house) => whole + count(house), 0);
  const copies = (house: HouseEvidence): number[] => {
    const byId = Map.groupBy(house.kept, ({ paymentId }) => paymentId);
    const answered = [...house.honest.map(({ fact }) => fact), ...house.taken];
    return answered.map(({ paymentId }) => byId.get(paymentId)?.length ?? 0);
  };
  return {
    lost: sum((house) => copies(house).filter((count) => count === 0).length),
    invented: sum((house) => invented(house).length),
    storedTwice: sum((house) => copies(house).filter((count) => count > 1).length),
  };
}

function endless({ slow }: HouseEvidence): string[] {
  return slow.flatMap(({ kind, outcomes, afterMs }) => {
    const isEnded = outcomes.at(-1) === 'closed' && afterMs <= SLOW_LIMIT_MS;
    const isTaken = outcomes.some((outcome) => / 2\d\d$| 5\d\d$/.test(outcome));
    return isEnded && !isTaken ? [] : [`${kind}: ${outcomes.join(', ')} after ${Math.round(afterMs)} ms`];
  });
}

function grown({ memory }: HouseEvidence): string[] {
  const before = typicalBytes(memory, [0.25, 0.5]);
  const after = typicalBytes(memory, [0.75, 1]);
  if (before === null || after === null) return [];
  const limit = Math.max(before * MEMORY_SHARE, before + MEMORY_BYTES);
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
  return after <= limit ? [] : [`from ${mib(before)} to ${mib(after)}`];
}

function leftOpen({ files: { before, after } }: HouseEvidence): string[] {
  if (before === null || after === null || after <= before + FILES_SLACK) return [];
  return [`${before} before, ${after} after`];
}

function talkative({ honest, taken, logLines, series }: HouseEvidence, seconds: number): string[] {
  const most = 2 * (honest.length + taken.length) + REFUSED_LINES_PER_SECOND * seconds + OTHER_LINES;
  return [
    ...(logLines <= most ? [] : [`${logLines} log lines`]),
    ...(series <= MOST_SERIES ? [] : [`${series} time series of callbacks`]),
  ];
}
