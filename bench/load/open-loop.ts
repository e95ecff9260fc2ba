/**
 * At a fixed rate, whatever the answers do: each callback has its time, and one that finds no free connection waits for it
 * with the clock running. So a receiver that stops for a moment is charged for all who would have come meanwhile.
 */
import { setTimeout } from 'node:timers/promises';
import { type Load, type Measured, openCrew, type Worker } from './connection-pool.ts';

const TICK_MS = 1;
/** After the last callback's time; a receiver that is still behind then is measured as it is. */
const PATIENCE_MS = 10_000;

export async function runOpen(load: Load & { readonly rate: number }, next: () => Buffer): Promise<Measured> {
  const total = Math.floor((load.rate * load.forMs) / 1_000);
  const free: Worker[] = [];
  let startedAtMs = Number.POSITIVE_INFINITY;
  let sent = 0;

  const dueAtMs = (number: number) => startedAtMs + (number / load.rate) * 1_000;
  const sendDue = () => {
    const nowMs = performance.now();
    while (sent < total && dueAtMs(sent) <= nowMs) {
      // In turn: a connection on which nothing comes is ended by the receiver after a while.
      const worker = free.shift();
      if (worker === undefined) return;
      worker.begin(next(), dueAtMs(sent));
      sent += 1;
    }
  };
  const crew = await openCrew(load, (worker) => {
    free.push(worker);
    sendDue();
  });
  free.push(...crew.workers);
  crew.start();
  startedAtMs = performance.now();
  const isDone = () => sent === total && free.length === crew.workers.length;
  while (!isDone() && performance.now() < dueAtMs(total) + PATIENCE_MS) {
    sendDue();
    await Promise.race([setTimeout(TICK_MS), crew.broken]);
  }
  const measured = crew.measured();
  crew.close();
  return measured;
}
