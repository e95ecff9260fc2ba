/** Figures of the run. Pure. */
import type { Evidence } from './evidence.ts';
import type { ExpectedEvent } from './expected-event.ts';
import { quantile } from './legitimate-traffic.ts';
import { medianBytes } from './process-metrics.ts';

const MEBIBYTE = 1024 * 1024;

/** Counts everything that the report shows. */
export function figuresOf(
  evidence: Evidence,
  { scannedCharacters }: { readonly scannedCharacters: number },
): Record<string, number> {
  const { targets, counts, seconds, idle } = evidence;
  const requests = sum([...counts.values()].flatMap((outcomes) => [...outcomes.values()]));
  const legitimate = targets.flatMap((target) => target.legitimate);
  const times = legitimate.map(({ tookMs }) => tookMs);
  const quantileMs = (share: number): number => Math.round((quantile(times, share) ?? 0) * 10) / 10;
  const memory = targets.flatMap((target, index) => {
    const mib = (part: readonly [number, number]) => Math.round((medianBytes(target.memory, part) ?? 0) / MEBIBYTE);
    return [
      [`memoryMiBOf${index + 1}Before`, mib([0.25, 0.5])],
      [`memoryMiBOf${index + 1}After`, mib([0.75, 1])],
    ];
  });
  return {
    requests,
    seconds: Math.round(seconds * 10) / 10,
    requestsPerSecond: Math.round(requests / seconds),
    unusualCallbacksStored: sum(targets.map(({ accepted }) => accepted.length)),
    unusualOfTheMerchantApi: countMapi(targets.flatMap(({ accepted }) => accepted)),
    deferredWith503: sum([...counts.values()].map((outcomes) => outcomes.get('callback 503') ?? 0)),
    legitimateCallbacks: legitimate.length,
    legitimateOfTheMerchantApi: countMapi(legitimate.map(({ expectedEvent }) => expectedEvent)),
    legitimateMsMedian: quantileMs(0.5),
    legitimateMs99th: quantileMs(0.99),
    legitimateMsMost: quantileMs(1),
    idleConnections: idle.open,
    slowClients: sum(targets.map(({ slow }) => slow.length)),
    ...Object.fromEntries(memory),
    openFilesBefore: sum(targets.map(({ files }) => files.before ?? 0)),
    openFilesAfter: sum(targets.map(({ files }) => files.after ?? 0)),
    logLines: sum(targets.map(({ logLines }) => logLines)),
    mebibytesScannedForSecrets: Math.round(scannedCharacters / MEBIBYTE),
  };
}

/** Renders lines for a terminal: each attack with its outcomes, most frequent first. */
export function countLines({ counts }: Evidence): string[] {
  return [...counts].map(([attack, outcomes]) => {
    const list = [...outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome}: ${count}`);
    return `  ${attack.padEnd(31)} ${list.join(', ')}`;
  });
}

function countMapi(events: readonly ExpectedEvent[]): number {
  return events.filter(({ provider }) => provider === 'resurs-mapi').length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
