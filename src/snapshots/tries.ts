/**
 * Reads one payment with up to three tries. It ends within 60 s, whatever Resurs does. What another try would not change
 * is not tried again, and during a pause nothing waits for its end, unless that is near.
 */
import type { Clock } from '../lib/clock.ts';
import { type PaymentSource, READ_TIMEOUT_MS, type Reading } from './payment-source.ts';
import type { Places } from './places.ts';

/** Waits before the second and the third try. */
const WAITS_MS = [10_000, 20_000] as const;
const ALL_TRIES_MS = 60_000;
/** A pause that ends so soon is waited for. */
const SHORT_PAUSE_MS = 10_000;
/** Who waits for the next try looks so often whether a pause has begun. */
const LOOK_EVERY_MS = 1_000;

/** Refusals of the service that are about the payment: NOT_ALLOWED and its like. */
const FINAL_CODES = new Set(['1', '4', '25']);

/** `late`: other reads took all the time. */
export type TriedReading = Reading | { readonly outcome: 'late' };

export interface TriesOptions {
  readonly source: PaymentSource;
  readonly places: Places;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Resolves after so many milliseconds; rejects when `signal` fires. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  /** Called after each read. */
  onRead(durationMs: number): void;
}

/** Reads the payment. Throws only when `signal` fires. */
export async function readWithTries(
  options: TriesOptions,
  paymentId: string,
  signal: AbortSignal,
): Promise<TriedReading> {
  const { clock, places } = options;
  const lastStartMs = clock.elapsed() + ALL_TRIES_MS - READ_TIMEOUT_MS;
  const waitsMs: number[] = [...WAITS_MS];
  let reading: TriedReading = { outcome: 'late' };
  for (;;) {
    const next = await places.run(async () =>
      clock.elapsed() > lastStartMs ? null : readOnce(options, paymentId, signal),
    );
    if (next === null) return reading;
    reading = next;
    // A pause that ends soon is no try.
    const usualMs = isPaused(reading) ? 0 : waitsMs.shift();
    if (usualMs === undefined || isFinal(reading)) return reading;
    const delayMs = Math.max(usualMs, options.source.pausedMs());
    if (clock.elapsed() + delayMs > lastStartMs) return reading;
    if (!(await passes(delayMs, options, signal))) return reading;
  }
}

/** Waits so long; false as soon as a pause begins that is not waited for. */
async function passes(ms: number, { clock, source, sleep }: TriesOptions, signal: AbortSignal): Promise<boolean> {
  const endsAtMs = clock.elapsed() + ms;
  for (;;) {
    const leftMs = endsAtMs - clock.elapsed();
    if (source.pausedMs() > SHORT_PAUSE_MS) return false;
    if (leftMs <= 0) return true;
    await sleep(Math.min(leftMs, LOOK_EVERY_MS), signal);
  }
}

async function readOnce(
  { source, clock, onRead }: TriesOptions,
  paymentId: string,
  signal: AbortSignal,
): Promise<Reading> {
  signal.throwIfAborted();
  const startedAtMs = clock.elapsed();
  const reading = await source.read(paymentId, signal);
  if (!isPaused(reading)) onRead(clock.elapsed() - startedAtMs);
  return reading;
}

/** Whether another try would end the same. A payment may be announced before this interface of Resurs knows it. */
function isFinal(reading: Reading): boolean {
  if (reading.outcome !== 'failed') return reading.outcome === 'found';
  const { kind, status, code } = reading.failure;
  if (kind === 'credentials') return true;
  if (kind !== 'refused') return false;
  return (status !== null && status >= 400 && status < 500) || (code !== null && FINAL_CODES.has(code));
}

function isPaused(reading: Reading): boolean {
  return reading.outcome === 'failed' && reading.failure.kind === 'paused';
}
