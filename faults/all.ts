/**
 * Everything, one scenario after the other, each with a report of its own; and at the end the numbers of all together. A
 * scenario that broke a promise does not keep the others from running.
 */
import { randomInt } from 'node:crypto';
import { type Command, EXIT, readArguments, type Terminal } from '../src/commands/command.ts';
import { FAULTS as BACKLOG_FAULTS } from './backlog/faults.ts';
import * as backlog from './backlog/scenario.ts';
import * as hostile from './hostile/scenario.ts';
import { MAX_SEED, numberOf } from './lib/arguments.ts';
import { FAULTS } from './mixed/faults.ts';
import * as mixed from './mixed/scenario.ts';
import * as replicas from './replicas/scenario.ts';
import { type Findings, hasHeld, printFindings } from './report.ts';
import { summaryOf } from './summary.ts';

const HELP = `Usage: npm run faults -- [--short] [--seed N]

Runs replicas, mixed (with 1000 kills of the service), backlog (with 1000000 callbacks of
a month) and hostile (with 1000000 requests) one after the other, and sums up. It takes
more than an hour.

  --short        the short form of each, in less than five minutes
  --seed N       repeats a run as far as time allows (random; printed)

Exit code 0 only when every promise held.`;

const OPTIONS = { short: { type: 'boolean', default: false }, seed: { type: 'string' } } as const;

export const all: Command = {
  summary: 'all of these, one after the other; also without a name',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const seed = numberOf(parsed.values.seed, { otherwise: randomInt(MAX_SEED) });
    if (Number.isNaN(seed)) {
      terminal.printError('--seed must be a whole number. Try --help.');
      return EXIT.usage;
    }
    return playAll({ seed, isShort: parsed.values.short }, terminal);
  },
};

async function playAll(
  { seed, isShort }: { readonly seed: number; readonly isShort: boolean },
  terminal: Terminal,
): Promise<number> {
  const plays: readonly (() => Promise<Findings>)[] = [
    () => replicas.playReplicas({ ...(isShort ? replicas.SHORT : replicas.FULL), seed }, terminal),
    () => mixed.playMixed({ ...(isShort ? mixed.SHORT : mixed.FULL), seed, faults: FAULTS }, terminal),
    () => backlog.playBacklog({ ...(isShort ? backlog.SHORT : backlog.FULL), seed, faults: BACKLOG_FAULTS }, terminal),
    () => hostile.playHostile({ ...(isShort ? hostile.SHORT : hostile.FULL), seed }, terminal),
  ];
  const found: Findings[] = [];
  for (const play of plays) {
    const findings = await play();
    terminal.print('');
    terminal.print(`== ${findings.scenario}`);
    printFindings(findings, terminal, false);
    found.push(findings);
  }
  for (const line of summaryOf(found)) terminal.print(line);
  return found.every(hasHeld) ? EXIT.ok : EXIT.failed;
}
