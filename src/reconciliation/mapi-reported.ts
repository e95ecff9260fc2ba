/**
 * Reads what was reported of a payment of the Merchant API: the words of its callbacks in their order, the ids of their
 * actions, and what reconciliation found before.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { managementChange } from '../deliveries/mapi-fields.ts';
import { type Missed, RECONCILED_CALLBACK } from '../events/missed.ts';
import { type Fact, factOf, isFact } from '../events/order-state.ts';
import { FACTS_OF_ACTIONS, isFactAction, type MapiReported } from './mapi-facts.ts';

/** An event, as far as it reports something. */
export interface ReportingEvent {
  readonly id: string;
  readonly callback: string;
  readonly type: string;
  /** The status, or the action. */
  readonly result: string | null;
  /** Of a MANAGEMENT; null when it was erased. */
  readonly body: Buffer | null;
  readonly missed: Missed | null;
  readonly receivedAt: Date;
  /** The facts that were stored before it, separated by commas. */
  readonly earlierFacts: string | null;
}

/** More events than any payment has. Of a longer one, what was before is known by its facts alone. */
const MAX_EVENTS = 500;
/** Callbacks of MANAGEMENT are far shorter; a longer body is not read, and its action has no id. */
const MAX_BODY_BYTES = 16_384;

/** Finds what was reported of the payment. */
export async function findReported(db: Database, paymentId: string, signal?: AbortSignal): Promise<MapiReported> {
  const newestFirst = await db.run(
    sql<ReportingEvent>`
      select e.id, e.callback, e.type, e.result, e.missed, e.received_at as "receivedAt", e.earlier_facts as "earlierFacts",
             case when e.callback = 'MANAGEMENT' and octet_length(e.body) <= ${sql.lit(MAX_BODY_BYTES)} then e.body end as body
      from (
        select * from events d
        where (d.payment_key, d.sequence) > (${paymentId}::text, 0)
          and (d.payment_key, d.sequence) < (${paymentId}::text, 9223372036854775807)
        order by d.payment_key desc, d.sequence desc
        limit ${sql.lit(MAX_EVENTS)}
      ) e
      order by e.sequence desc`.compile(db.kysely),
    signal,
  );
  return reportedBy(newestFirst.toReversed(), { isCut: newestFirst.length === MAX_EVENTS });
}

/** Sums up the events of a payment, the oldest first. `isCut`: there may be older ones. */
export function reportedBy(events: readonly ReportingEvent[], { isCut }: { readonly isCut: boolean }): MapiReported {
  const before = isCut ? factsBefore(events[0]) : [];
  const newest = events.at(-1);
  return {
    facts: new Set([...before, ...events.flatMap(factsOf)]),
    ...lastStateOf(events),
    lastEventId: newest?.id ?? null,
    lastEventAt: newest?.receivedAt ?? null,
    ...actionsOf(events, before.flatMap(typesOf)),
    isCaptureAuthorized: events.some(isCaptureOfAuthorization),
  };
}

function lastStateOf(events: readonly ReportingEvent[]): Pick<MapiReported, 'lastState' | 'lastFreezeId'> {
  let last: Pick<MapiReported, 'lastState' | 'lastFreezeId'> = { lastState: null, lastFreezeId: null };
  for (const event of events) {
    for (const fact of factsOf(event)) {
      if (fact === 'frozen') last = { lastState: 'frozen', lastFreezeId: event.id };
      else if (fact === 'authorized' || fact === 'unfrozen') last = { ...last, lastState: 'authorized' };
      else if (fact === 'rejected') last = { ...last, lastState: 'rejected' };
    }
  }
  return last;
}

/** `before` are the types of actions whose events are too old to be read: their ids are not known. */
function actionsOf(events: readonly ReportingEvent[], before: readonly string[]) {
  const withoutId = new Map(before.map((type) => [type, Number.POSITIVE_INFINITY]));
  const actions = events.map(actionsIn);
  for (const { ids, types } of actions) {
    if (ids !== null) continue;
    for (const type of types) withoutId.set(type, (withoutId.get(type) ?? 0) + 1);
  }
  return {
    actionIds: new Set(actions.flatMap(({ ids }) => ids ?? [])),
    actionTypes: new Set([...before, ...actions.flatMap(({ types }) => types)]),
    eventsWithoutId: withoutId,
  };
}

/** A capture at once is reported by the authorisation; a payment that people look at is not to be shipped either. */
function factsOf(event: ReportingEvent): readonly Fact[] {
  const { callback, type, result, missed } = event;
  if (callback === RECONCILED_CALLBACK) return missed?.facts ?? [];
  if (isCaptureOfAuthorization(event)) return ['authorized', 'captured'];
  if (callback === 'AUTHORIZATION' && result === 'INSPECTION') return ['frozen'];
  const fact = factOf(type);
  return fact === null ? [] : [fact];
}

function isCaptureOfAuthorization({ callback, result }: ReportingEvent): boolean {
  return callback === 'AUTHORIZATION' && result === 'CAPTURED';
}

/** The actions that an event reports: their types and ids; null where it should have an id, and that is not known. */
function actionsIn(event: ReportingEvent): {
  readonly types: readonly string[];
  readonly ids: readonly string[] | null;
} {
  const { callback, result, body, missed } = event;
  if (callback === RECONCILED_CALLBACK) {
    return { types: (missed?.facts ?? []).flatMap(typesOf), ids: missed?.actions ?? [] };
  }
  if (isCaptureOfAuthorization(event)) return { types: ['CAPTURE'], ids: [] };
  if (callback !== 'MANAGEMENT' || result === null) return { types: [], ids: [] };
  const id = managementChange(body)?.transactionId?.toLowerCase() ?? null;
  return { types: [result], ids: id === null ? null : [id] };
}

function typesOf(fact: Fact): string[] {
  return Object.keys(FACTS_OF_ACTIONS).filter((type) => isFactAction(type) && FACTS_OF_ACTIONS[type] === fact);
}

function factsBefore(oldest: ReportingEvent | undefined): Fact[] {
  return (oldest?.earlierFacts ?? '').split(',').filter(isFact);
}
