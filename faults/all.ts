/**
 * Runs every scenario in turn, each with a report of its own, and sums up. A scenario that broke a promise does not
 * stop the others.
 */
import { type Command, EXIT, readArguments, type Terminal } from '../src/commands/command.ts';
import { backlog } from './backlog/scenario.ts';
import { hostile } from './hostile/scenario.ts';
import { lost } from './lost/scenario.ts';
import { mixed } from './mixed/scenario.ts';
import { replicas } from './replicas/scenario.ts';
import { allKept, type Findings, printFindings } from './report.ts';
import { INVALID_SEED, parseSeed, type Scenario } from './scenario.ts';
import { summaryLines } from './summary.ts';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [replicas, mixed, lost, backlog, hostile];

const HELP = `Usage: npm run faults -- [--short] [--seed N]

Runs replicas, mixed (with 1000 kills of the service), lost, backlog (with 1000000 callbacks of
a month) and hostile (with 1000000 requests) in turn, and sums up. It takes more than an
hour.

  --short        the short form of each, in less than five minutes
  --seed N       repeats a run as far as timing allows (random; printed)

Exit code 0 only when every promise was kept.`;

const OPTIONS = { short: { type: 'boolean', default: false }, seed: { type: 'string' } } as const;

export const all: Command = {
  summary: 'all of these in turn; also without a name',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const seed = parseSeed(parsed.values.seed);
    if (seed === null) {
      terminal.printError(`${INVALID_SEED}. Try --help.`);
      return EXIT.usage;
    }
    return runAll({ seed, isShort: parsed.values.short }, terminal);
  },
};

async function runAll(size: { readonly seed: number; readonly isShort: boolean }, terminal: Terminal): Promise<number> {
  const found: Findings[] = [];
  for (const scenario of SCENARIOS) {
    const findings = await scenario.runSized(size, terminal);
    terminal.print('');
    terminal.print(`== ${findings.scenario}`);
    printFindings(findings, terminal, false);
    found.push(findings);
  }
  for (const line of summaryLines(found)) terminal.print(line);
  return found.every(allKept) ? EXIT.ok : EXIT.failed;
}
