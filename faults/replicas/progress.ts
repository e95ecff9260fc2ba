/** Reports a run's progress on standard error. */
import type { Terminal } from '../../src/commands/command.ts';
import type { Merchant } from '../merchant.ts';
import type { Load } from './load.ts';
import type { ProcessFaultRun } from './process-faults.ts';

const EVERY_MS = 5_000;

interface Watched {
  readonly events: number;
  readonly load: Load;
  readonly merchant: Merchant;
  readonly faultRun: ProcessFaultRun;
}

/** Prints a line every few seconds, until the returned function is called. */
export function reportProgress({ printError }: Terminal, watched: Watched): () => void {
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const { kills, stops } = watched.faultRun.processFaults;
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    const sent = `${watched.load.sent.length} of ${watched.events} callbacks sent`;
    const received = `the merchant received ${watched.merchant.received.length} requests`;
    printError(`  ${seconds} s: ${sent}, ${received}, ${kills.length} kills, ${stops.length} stops`);
  }, EVERY_MS);
  return () => clearInterval(timer);
}
