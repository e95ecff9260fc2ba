/** What must not be, counted: the five numbers that have to be 0. Pure. */
import type { Toll } from '../report.ts';
import { type Evidence, grouped, keyOf } from './evidence.ts';
import { invented, wrongOrder } from './verdicts-inbound.ts';
import { isAccepted, outOfOrder, unknownArrivals } from './verdicts-outbound.ts';

export function tollOf({ sent, events, arrivals }: Pick<Evidence, 'sent' | 'events' | 'arrivals'>): Toll {
  const byFact = grouped(events, keyOf);
  const arrivalsOf = grouped(arrivals, ({ webhookId }) => webhookId);
  const taken = sent.filter(({ tries }) => tries.some(({ answer }) => answer === 204));
  const delivered = events.filter(({ state }) => state === 'delivered');
  return {
    lost:
      taken.filter(({ fact }) => !byFact.has(keyOf(fact))).length +
      delivered.filter(({ id }) => !isAccepted(arrivalsOf.get(id))).length,
    invented: invented(sent, events).length + unknownArrivals(events, arrivals).length,
    storedTwice: events.length - byFact.size,
    outOfOrder: wrongOrder(sent, byFact).length + outOfOrder(arrivals).length,
    stuck: sent.length - taken.length + events.length - delivered.length,
  };
}
