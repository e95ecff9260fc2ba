/** The promises of the way in: what was answered 204 is kept once, in the order in which it was taken. Pure. */
import type { Verdict } from '../report.ts';
import { type Evidence, grouped, type KeptEvent, keyOf, type SentFact } from './evidence.ts';

export function judgeWayIn({ planned, sent, events }: Pick<Evidence, 'planned' | 'sent' | 'events'>): Verdict[] {
  const byFact = grouped(events, keyOf);
  return [
    {
      promise: 'every callback was answered 204 in the end, and its fact is stored exactly once',
      faults: [
        ...(sent.length === planned ? [] : [`${planned - sent.length} facts were never sent`]),
        ...sent.flatMap((one) => notStoredOnce(one, byFact)),
      ],
    },
    { promise: 'nothing is stored that was not sent', faults: invented(sent, events) },
    {
      promise: 'a repeated callback is a receipt: as many as were answered 204, not more than were sent',
      faults: sent.flatMap((one) => wrongReceipts(one, byFact)),
    },
    {
      promise: 'a fact that was answered 204 before the next one was sent has the lower sequence',
      faults: wrongOrder(sent, byFact),
    },
    {
      promise: 'the callback that came to another replica during a slow commit has the higher sequence',
      faults: overtaken(sent, byFact),
    },
  ];
}

export type ByFact = ReadonlyMap<string, readonly KeptEvent[]>;

function notStoredOnce({ fact, tries }: SentFact, byFact: ByFact): string[] {
  const stored = byFact.get(keyOf(fact))?.length ?? 0;
  return [
    ...(tries.some(({ answer }) => answer === 204) ? [] : [`${nameOf(fact)}: never answered 204`]),
    ...(stored === 1 ? [] : [`${nameOf(fact)}: stored ${stored} times`]),
  ];
}

export function invented(sent: readonly SentFact[], events: readonly KeptEvent[]): string[] {
  const known = new Set(sent.map(({ fact }) => keyOf(fact)));
  return events.filter((event) => !known.has(keyOf(event))).map((event) => `${event.id}: ${keyOf(event)}`);
}

/** A request that got no answer may have been counted or not. */
export function wrongReceipts({ fact, tries }: SentFact, byFact: ByFact): string[] {
  const receipts = byFact.get(keyOf(fact))?.[0]?.receipts ?? 0;
  const taken = tries.filter(({ answer }) => answer === 204).length;
  if (receipts >= taken && receipts <= tries.length) return [];
  return [`${nameOf(fact)}: ${receipts} receipts; ${taken} answered 204 of ${tries.length} sent`];
}

export function wrongOrder(sent: readonly SentFact[], byFact: ByFact): string[] {
  const payments = grouped(sent, ({ fact }) => fact.paymentId);
  return [...payments.values()].flatMap((facts) =>
    facts.flatMap((later, index) =>
      facts
        .slice(0, index)
        .filter((earlier) => takenAtMs(earlier) < sentAtMs(later) && !isBefore(earlier, later, byFact))
        .map((earlier) => `${nameOf(later.fact)} comes before ${nameOf(earlier.fact)}`),
    ),
  );
}

/** Certain only where the slow one was taken at its first try: another try may have stored it, and later. */
function overtaken(sent: readonly SentFact[], byFact: ByFact): string[] {
  const byName = new Map(sent.map((one) => [nameOf(one.fact), one]));
  const pairs = sent.flatMap((later) => {
    const slow = byName.get(nameOf({ ...later.fact, number: later.fact.number - 1 }));
    return later.metSlowCommit && slow?.tries.length === 1 ? [{ slow, later }] : [];
  });
  if (pairs.length === 0) return ['no slow commit was met: nothing is proven'];
  return pairs
    .filter(({ slow, later }) => !isBefore(slow, later, byFact))
    .map(({ slow, later }) => `${nameOf(later.fact)} overtook ${nameOf(slow.fact)}`);
}

function isBefore(earlier: SentFact, later: SentFact, byFact: ByFact): boolean {
  const [a] = byFact.get(keyOf(earlier.fact)) ?? [];
  const [b] = byFact.get(keyOf(later.fact)) ?? [];
  // What is missing is the first verdict's business.
  return a === undefined || b === undefined || a.sequence < b.sequence;
}

export function takenAtMs({ tries }: SentFact): number {
  return Math.min(...tries.filter(({ answer }) => answer === 204).map(({ endedAtMs }) => endedAtMs));
}

function sentAtMs({ tries }: SentFact): number {
  return Math.min(...tries.map((one) => one.sentAtMs));
}

export function nameOf({ paymentId, number }: SentFact['fact']): string {
  return `fact ${number} of ${paymentId}`;
}
