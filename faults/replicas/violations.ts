/** Counts the violations: the five numbers that must be 0. Pure. */
import type { ViolationCounts } from '../report.ts';
import { callbackKey, type Evidence } from './evidence.ts';
import { invented, wrongOrder } from './verdicts-inbound.ts';
import { outOfOrder, unknownRequests, wasAccepted } from './verdicts-outbound.ts';

/** Counts lost, invented, twice stored, reordered and stuck events. */
export function countViolations({
  sent,
  events,
  received,
}: Pick<Evidence, 'sent' | 'events' | 'received'>): ViolationCounts {
  const byKey = Map.groupBy(events, callbackKey);
  const requestsOf = Map.groupBy(received, ({ webhookId }) => webhookId);
  const accepted = sent.filter(({ tries }) => tries.some(({ response }) => response === 204));
  const delivered = events.filter(({ state }) => state === 'delivered');
  return {
    lost:
      accepted.filter(({ callback }) => !byKey.has(callbackKey(callback))).length +
      delivered.filter(({ id }) => !wasAccepted(requestsOf.get(id))).length,
    invented: invented(sent, events).length + unknownRequests(events, received).length,
    storedTwice: events.length - byKey.size,
    outOfOrder: wrongOrder(sent, byKey).length + outOfOrder(received).length,
    stuck: sent.length - accepted.length + events.length - delivered.length,
  };
}
