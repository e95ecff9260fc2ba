/** Adds up the numbers of several scenarios. Pure. */
import { allKept, type FaultCount, type Findings, faultLines, type ViolationCounts, violationLine } from './report.ts';

/** Renders the lines for a terminal; one of them is `lost 0, invented 0, twice stored 0, out of order 0, stuck 0`. */
export function summaryLines(found: readonly Findings[]): string[] {
  const faults = sumFaultCounts(found.flatMap((findings) => findings.faults ?? []));
  const survived = faults.reduce((sum, fault) => sum + fault.survived, 0);
  const kinds = faults.filter((fault) => fault.survived > 0).length;
  const total = (name: string): number => found.reduce((sum, { figures }) => sum + (figures[name] ?? 0), 0);
  const broken = found.filter((findings) => !allKept(findings)).map(({ scenario }) => scenario);
  return [
    '',
    '== all scenarios',
    '',
    ...faultLines(faults),
    `${survived} faults of ${kinds} kinds survived; ${total('kills')} kills of the service; ${total('requests')} hostile requests.`,
    violationLine(sumViolations(found.map(({ violationCounts }) => violationCounts))),
    broken.length === 0 ? 'Every promise was kept.' : `Promises were broken: ${broken.join(', ')}.`,
    `Seeds: ${found.map(({ scenario, seed }) => `${scenario} ${seed}`).join(', ')}.`,
  ];
}

/** Adds up the counts by name. A fault that was skipped in one scenario and injected in another counts as injected. */
export function sumFaultCounts(faults: readonly FaultCount[]): FaultCount[] {
  return [...Map.groupBy(faults, ({ name }) => name)].map(([name, list]) => {
    const survived = list.reduce((sum, fault) => sum + fault.survived, 0);
    return { name, survived, skipped: survived > 0 ? null : (list[0]?.skipped ?? null) };
  });
}

/** Adds up the counts; a scenario that does not check one of them adds nothing to it. */
export function sumViolations(scenarios: readonly Partial<ViolationCounts>[]): ViolationCounts {
  const sum = (name: keyof ViolationCounts): number =>
    scenarios.reduce((total, counts) => total + (counts[name] ?? 0), 0);
  return {
    lost: sum('lost'),
    invented: sum('invented'),
    storedTwice: sum('storedTwice'),
    outOfOrder: sum('outOfOrder'),
    stuck: sum('stuck'),
  };
}
