/** Reads what is stored of a payment, for the command `payment`. */
import type { Config } from '../../config/settings.ts';
import { openDatabase } from '../../db/client.ts';
import { factsUntil, type OrderView } from '../../events/order-state.ts';
import { type EventRow, findLastFact, findPaymentEvents } from '../../events/queries.ts';
import { errorSummary } from '../../lib/errors.ts';
import { findCommandDatabase, NO_COMMAND_DATABASE } from '../database.ts';

export type Stored =
  | {
      readonly outcome: 'read';
      /** Oldest first. */
      readonly events: readonly EventRow[];
      /** The order as the last event has it, with all facts; null without an event. */
      readonly order: OrderView | null;
      /** Without one, deliveries are held. */
      readonly hasWebhook: boolean;
    }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Reads the events of a payment from the database of the service. Never rejects. */
export async function readStored(config: Config, paymentId: string): Promise<Stored> {
  const connectionString = await findCommandDatabase(config).catch(() => null);
  if (connectionString === null) {
    return { outcome: 'unknown', reason: NO_COMMAND_DATABASE };
  }
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  try {
    const events = await findPaymentEvents(db, paymentId);
    const last = await findLastFact(db, paymentId);
    const order = last === null ? null : { ...last.order, earlier: factsUntil(last) };
    return { outcome: 'read', events, order, hasWebhook: config.WEBHOOK_URL !== null };
  } catch (error) {
    return { outcome: 'unknown', reason: `the database cannot be read: ${errorSummary(error)}` };
  } finally {
    await db.close();
  }
}
