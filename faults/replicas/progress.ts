/** How far a run is, on standard error, so that whoever watches knows that it is alive. */
import type { Terminal } from '../../src/commands/command.ts';
import type { Merchant } from '../merchant.ts';
import type { Load } from './load.ts';
import type { Trouble } from './process-faults.ts';

const EVERY_MS = 5_000;

interface Watched {
  readonly events: number;
  readonly load: Load;
  readonly merchant: Merchant;
  readonly trouble: Trouble;
}

/** Prints a line every few seconds, until the function it returns is called. */
export function reportProgress({ printError }: Terminal, watched: Watched): () => void {
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const { kills, stops } = watched.trouble.troubles;
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    const sent = `${watched.load.sent.length} of ${watched.events} facts sent`;
    const saw = `the merchant saw ${watched.merchant.arrivals.length} requests`;
    printError(`  ${seconds} s: ${sent}, ${saw}, ${kills.length} kills, ${stops.length} stops`);
  }, EVERY_MS);
  return () => clearInterval(timer);
}
