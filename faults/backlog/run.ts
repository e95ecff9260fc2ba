/**
 * Runs `backlog` once: starts Postgres, then injects one fault after the other, each with its own testbed and verdict.
 */
import { makeCompileCache } from '../compile-cache.ts';
import { startDatabase } from '../database.ts';
import type { Findings } from '../report.ts';
import type { RunContext } from '../scenario.ts';
import { sumViolations } from '../summary.ts';
import type { Fault, Outcome } from './fault.ts';
import type { BacklogContext } from './testbed.ts';

export interface RunOptions extends Pick<BacklogContext, 'seed' | 'isShort' | 'monthEvents'> {
  readonly faults: readonly Fault[];
}

interface InjectedFault {
  readonly fault: Fault;
  readonly outcome: Outcome;
}

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runBacklog(
  { faults, ...options }: RunOptions,
  { cleanup, terminal }: RunContext,
): Promise<Findings> {
  const signal = terminal.stop ?? new AbortController().signal;
  const server = await startDatabase(cleanup);
  const env = await makeCompileCache(cleanup);
  const context = { ...options, server, env, signal, print: terminal.printError };
  const injected: InjectedFault[] = [];
  for (const fault of faults) {
    signal.throwIfAborted();
    terminal.printError(`  ${fault.name} …`);
    const outcome = await fault.inject(context);
    terminal.printError(`  ${fault.name}: ${outcome.summary}`);
    injected.push({ fault, outcome });
  }
  return toFindings(options.seed, injected);
}

function toFindings(seed: number, injected: readonly InjectedFault[]): Findings {
  const figures: Record<string, number> = Object.assign({}, ...injected.map(({ outcome }) => outcome.figures));
  const counts = injected.map(({ fault, outcome }) => ({
    name: fault.name,
    survived: outcome.violations.length === 0 ? 1 : 0,
    skipped: null,
  }));
  const width = Math.max(...injected.map(({ fault }) => fault.name.length));
  return {
    scenario: 'backlog',
    seed,
    figures,
    verdicts: injected.map(({ fault, outcome }) => ({ promise: fault.promise, violations: outcome.violations })),
    faults: [...counts, { name: 'kill', survived: figures.kills ?? 0, skipped: null }],
    violationCounts: sumViolations(injected.map(({ outcome }) => outcome.violationCounts)),
    lines: injected.map(({ fault, outcome }) => `  ${fault.name.padEnd(width)}  ${outcome.summary}`),
  };
}
