/** The numbers of several scenarios together. Pure. */
import { type FaultCount, type Findings, faultLines, hasHeld, type Toll, tollLine } from './report.ts';

/** The lines for a terminal; one of them is `lost 0, invented 0, twice stored 0, out of order 0, stuck 0`. */
export function summaryOf(found: readonly Findings[]): string[] {
  const faults = sumOfFaults(found.flatMap((findings) => findings.faults ?? []));
  const survived = faults.reduce((sum, fault) => sum + fault.survived, 0);
  const kinds = faults.filter((fault) => fault.survived > 0).length;
  const total = (name: string): number => found.reduce((sum, { figures }) => sum + (figures[name] ?? 0), 0);
  const broken = found.filter((findings) => !hasHeld(findings)).map(({ scenario }) => scenario);
  return [
    '',
    '== all together',
    '',
    ...faultLines(faults),
    `${survived} faults of ${kinds} kinds survived; ${total('kills')} kills of the service; ${total('requests')} hostile requests.`,
    tollLine(sumOfTolls(found.map(({ toll }) => toll))),
    broken.length === 0 ? 'Every promise held.' : `Promises are broken: ${broken.join(', ')}.`,
    `Seeds: ${found.map(({ scenario, seed }) => `${scenario} ${seed}`).join(', ')}.`,
  ];
}

/** By name. What was skipped in one scenario and happened in another one was not skipped. */
export function sumOfFaults(faults: readonly FaultCount[]): FaultCount[] {
  return [...Map.groupBy(faults, ({ name }) => name)].map(([name, list]) => {
    const survived = list.reduce((sum, fault) => sum + fault.survived, 0);
    return { name, survived, skipped: survived > 0 ? null : (list[0]?.skipped ?? null) };
  });
}

/** A scenario that cannot judge one of the numbers adds nothing to it. */
export function sumOfTolls(tolls: readonly Partial<Toll>[]): Toll {
  const sum = (name: keyof Toll): number => tolls.reduce((whole, toll) => whole + (toll[name] ?? 0), 0);
  return {
    lost: sum('lost'),
    invented: sum('invented'),
    storedTwice: sum('storedTwice'),
    outOfOrder: sum('outOfOrder'),
    stuck: sum('stuck'),
  };
}
