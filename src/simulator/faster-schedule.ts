/** Resurs' retry schedule for a faster run, which divides its numbers and never uses another table. Pure. */
import { DELAY_BEFORE_TRY_MS } from '../protocol/ecom/retry-schedule.ts';

/** Returns the milliseconds to wait before the try with this number (from 1), `speed` times faster than Resurs. */
export function delayBeforeTryMs(tryNumber: number, speed: number): number {
  return (DELAY_BEFORE_TRY_MS[tryNumber - 1] ?? 0) / speed;
}
