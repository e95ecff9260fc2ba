/** The run in numbers. Pure. */
import type { Evidence } from './evidence.ts';
import { quantile } from './legitimate-traffic.ts';
import { typicalBytes } from './process-metrics.ts';

const MEBIBYTE = 1024 * 1024;

export function figuresOf(
  evidence: Evidence,
  { lookedThrough }: { readonly lookedThrough: number },
): Record<string, number> {
  const { houses, counts, seconds, idle } = evidence;
  const requests = sum([...counts.values()].flatMap((outcomes) => [...outcomes.values()]));
  const honest = houses.flatMap((house) => house.honest);
  const times = honest.map(({ tookMs }) => tookMs);
  const at = (share: number): number => Math.round((quantile(times, share) ?? 0) * 10) / 10;
  const memory = houses.flatMap((house, index) => {
    const mib = (part: readonly [number, number]) => Math.round((typicalBytes(house.memory, part) ?? 0) / MEBIBYTE);
    return [
      [`memoryMiBOf${index + 1}Before`, mib([0.25, 0.5])],
      [`memoryMiBOf${index + 1}After`, mib([0.75, 1])],
    ];
  });
  return {
    requests,
    seconds: Math.round(seconds * 10) / 10,
    requestsPerSecond: Math.round(requests / seconds),
    oddCallbacksStored: sum(houses.map(({ taken }) => taken.length)),
    putOffWith503: sum([...counts.values()].map((outcomes) => outcomes.get('callback 503') ?? 0)),
    honestCallbacks: honest.length,
    honestMsMedian: at(0.5),
    honestMs99th: at(0.99),
    honestMsMost: at(1),
    idleConnections: idle.open,
    slowSenders: sum(houses.map(({ slow }) => slow.length)),
    ...Object.fromEntries(memory),
    openFilesBefore: sum(houses.map(({ files }) => files.before ?? 0)),
    openFilesAfter: sum(houses.map(({ files }) => files.after ?? 0)),
    logLines: sum(houses.map(({ logLines }) => logLines)),
    mebibytesLookedThroughForSecrets: Math.round(lookedThrough / MEBIBYTE),
  };
}

/** Lines for a terminal: each kind with its outcomes, most frequent first. */
export function countLines({ counts }: Evidence): string[] {
  return [...counts].map(([kind, outcomes]) => {
    const list = [...outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome}: ${count}`);
    return `  ${kind.padEnd(26)} ${list.join(', ')}`;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((whole, number) => whole + number, 0);
}
