/** The answer of `GET /status`: the whole service at a glance. Pure. */
import { type BreakerState, isOpen } from '../deliveries/circuit-breaker.ts';
import type { Clock } from '../lib/clock.ts';
import { MAX_COUNTED, type StatusFigures } from './overview.ts';

export interface StatusSources {
  readonly clock: Clock;
  readonly version: string;
  readonly startedAtMs: number;
  readonly webhookHealth: (() => BreakerState) | null;
  callbacksByAnswer(): Readonly<Record<string, number>>;
}

export function renderStatus(overview: StatusFigures, sources: StatusSources) {
  const health = sources.webhookHealth?.() ?? null;
  const hasWebhook = health !== null;
  return {
    version: sources.version,
    uptimeSeconds: Math.floor((sources.clock.elapsed() - sources.startedAtMs) / 1000),
    lastCallbackAt: overview.lastCallbackAt,
    lastDeliveryAt: overview.lastDeliveryAt,
    lastTestAt: overview.lastTestAt,
    callbacks: sources.callbacksByAnswer(),
    deliveries: countsOf(overview, hasWebhook),
    oldestPendingAgeSeconds: overview.oldestPendingAgeSeconds,
    nextRetryAt: overview.nextRetryAt,
    webhook: { state: webhookState(health), lastError: health?.lastError ?? null },
  };
}

function countsOf({ pending, delivering, deadLetters, deliveredInLastDay }: StatusFigures, hasWebhook: boolean) {
  const counts = [pending, delivering, deadLetters, deliveredInLastDay];
  const shown = (count: number) => Math.min(count, MAX_COUNTED);
  return {
    held: hasWebhook ? 0 : shown(pending),
    pending: hasWebhook ? shown(pending) : 0,
    delivering: shown(delivering),
    dead_letter: shown(deadLetters),
    delivered: shown(deliveredInLastDay),
    ...(counts.some((count) => count > MAX_COUNTED) ? { atLeast: true } : {}),
  };
}

function webhookState(health: BreakerState | null): 'up' | 'down' | 'unset' {
  if (health === null) return 'unset';
  return isOpen(health) ? 'down' : 'up';
}
