/**
 * Judges attempts one after another: what follows for the delivery, and what it says of the webhook's health. The only
 * memory that attempts share.
 */
import type { Clock, Random } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { AttemptResult, NextStep } from './attempt.ts';
import { afterAttempt, areRefusalsDoubted, HEALTHY, isDown, type WebhookHealth } from './health.ts';
import { logEdge } from './log.ts';
import { followUp, type Tries } from './retry.ts';

export interface JudgeOptions {
  readonly schedule: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface Judge {
  /** Decides by the health before this attempt, then counts it in. `wasProbe`: it was sent while down. */
  decide(tries: Tries, result: AttemptResult, wasProbe: boolean): NextStep;
  isDown(): boolean;
  health(): WebhookHealth;
}

export function createJudge(options: JudgeOptions): Judge {
  let health = HEALTHY;
  return {
    decide(tries, result, wasProbe) {
      const situation = { ...options, down: isDown(health), refusalsDoubted: areRefusalsDoubted(health) };
      const next = followUp(tries, result, situation);
      const before = health;
      health = afterAttempt(health, result, { nowMs: options.clock.elapsed(), wasProbe });
      logEdge(options.logger, before, health);
      return next;
    },
    isDown: () => isDown(health),
    health: () => health,
  };
}
