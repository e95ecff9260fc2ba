/** Since when the webhook is down, and when it is probed next, as times of day. */
import type { StatusContext } from './context.ts';

export interface WebhookOutage {
  readonly downSince: Date;
  /** Never in the past. */
  readonly nextProbeAt: Date;
}

/** Returns the outage as this process sees it; null while the webhook is up, or none is configured. */
export function webhookOutage({
  clock,
  webhookHealth,
}: Pick<StatusContext, 'clock' | 'webhookHealth'>): WebhookOutage | null {
  const { probe = null, openSinceMs = null } = webhookHealth?.() ?? {};
  if (probe === null || openSinceMs === null) return null;
  const nowMs = clock.now();
  const elapsedMs = clock.elapsed();
  return {
    downSince: new Date(nowMs - (elapsedMs - openSinceMs)),
    nextProbeAt: new Date(nowMs + Math.max(0, probe.dueAtMs - elapsedMs)),
  };
}
