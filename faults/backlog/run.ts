/** One run of `backlog`: a Postgres, then one fault after the other, each in a world of its own with figure and verdict. */
import type { Terminal } from '../../src/commands/command.ts';
import { makeCompileCache } from '../compile-cache.ts';
import { startDatabase } from '../database.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import type { Findings } from '../report.ts';
import { sumOfTolls } from '../summary.ts';
import type { Fault, Outcome } from './fault.ts';
import type { Stage } from './testbed.ts';

export interface RunOptions extends Pick<Stage, 'seed' | 'isShort' | 'monthEvents'> {
  readonly faults: readonly Fault[];
}

interface Surroundings {
  readonly cleanUps: CleanUps;
  readonly terminal: Terminal;
}

interface Happened {
  readonly fault: Fault;
  readonly outcome: Outcome;
}

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runBacklog(
  { faults, ...options }: RunOptions,
  { cleanUps, terminal }: Surroundings,
): Promise<Findings> {
  const signal = terminal.stop ?? new AbortController().signal;
  const server = await startDatabase(cleanUps);
  const env = await makeCompileCache(cleanUps);
  const stage = { ...options, server, env, signal, say: terminal.printError };
  const happened: Happened[] = [];
  for (const fault of faults) {
    signal.throwIfAborted();
    terminal.printError(`  ${fault.name} …`);
    const outcome = await fault.happen(stage);
    terminal.printError(`  ${fault.name}: ${outcome.told}`);
    happened.push({ fault, outcome });
  }
  return findingsOf(options.seed, happened);
}

function findingsOf(seed: number, happened: readonly Happened[]): Findings {
  const figures: Record<string, number> = Object.assign({}, ...happened.map(({ outcome }) => outcome.figures));
  const counts = happened.map(({ fault, outcome }) => ({
    name: fault.name,
    survived: outcome.faults.length === 0 ? 1 : 0,
    skipped: null,
  }));
  const width = Math.max(...happened.map(({ fault }) => fault.name.length));
  return {
    scenario: 'backlog',
    seed,
    figures,
    verdicts: happened.map(({ fault, outcome }) => ({ promise: fault.promise, faults: outcome.faults })),
    faults: [...counts, { name: 'kill', survived: figures.kills ?? 0, skipped: null }],
    toll: sumOfTolls(happened.map(({ outcome }) => outcome.toll)),
    lines: happened.map(({ fault, outcome }) => `  ${fault.name.padEnd(width)}  ${outcome.told}`),
  };
}
