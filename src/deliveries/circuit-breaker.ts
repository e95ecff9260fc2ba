/**
 * Judges attempts one after another: what follows for the delivery, and what it says of the webhook's health. The only
 * memory that attempts share.
 */
import type { Clock, Random } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AttemptResult, NextStep } from './attempt.ts';
import { afterAttempt, type BreakerState, CLOSED, distrustsRefusals, isOpen } from './breaker-state.ts';
import { logBreakerChange } from './delivery-log.ts';
import { nextStep, type TryCounts } from './retry.ts';

export interface JudgeOptions {
  readonly schedule: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface CircuitBreaker {
  /** Decides by the health before this attempt, then counts it in. `wasProbe`: it was sent while down. */
  onResult(tries: TryCounts, result: AttemptResult, wasProbe: boolean): NextStep;
  isOpen(): boolean;
  health(): BreakerState;
}

export function createCircuitBreaker(options: JudgeOptions): CircuitBreaker {
  let health = CLOSED;
  return {
    onResult(tries, result, wasProbe) {
      const situation = { ...options, isWebhookDown: isOpen(health), distrustsRefusals: distrustsRefusals(health) };
      const next = nextStep(tries, result, situation);
      const before = health;
      health = afterAttempt(health, result, { nowMs: options.clock.elapsed(), wasProbe });
      logBreakerChange(options.logger, before, health);
      return next;
    },
    isOpen: () => isOpen(health),
    health: () => health,
  };
}
