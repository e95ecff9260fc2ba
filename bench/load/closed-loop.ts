/** As fast as it goes: every connection sends its next callback as soon as the last one was answered. */
import { type Load, type Measured, openCrew, type Worker } from './connection-pool.ts';

/** Made before the clock starts, as far as memory allows; what is needed beyond is made on the way. */
const MAX_PREPARED = 120_000;
const PREPARED_A_SECOND = 24_000;

export async function runClosed(load: Load, next: () => Buffer): Promise<Measured> {
  const length = Math.min(MAX_PREPARED, Math.ceil((PREPARED_A_SECOND * load.forMs) / 1_000));
  const prepared = Array.from({ length }, next);
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let underWay = 0;
  let endAtMs = 0;

  const sendNext = (worker: Worker) => {
    const nowMs = performance.now();
    if (nowMs < endAtMs) {
      underWay += 1;
      worker.begin(prepared[sent] ?? next(), nowMs);
      sent += 1;
    } else if (underWay === 0) done.resolve();
  };
  const crew = await openCrew(load, (worker) => {
    underWay -= 1;
    sendNext(worker);
  });
  crew.start();
  endAtMs = performance.now() + load.forMs;
  for (const worker of crew.workers) sendNext(worker);
  await Promise.race([done.promise, crew.broken]);
  const measured = crew.measured();
  crew.close();
  return measured;
}
