/** Reads what is stored of a payment, for the command `payment`. */
import type { Config } from '../../config/settings.ts';
import { openDatabase } from '../../db/client.ts';
import { factsUntil, type OrderView } from '../../events/order-state.ts';
import { findPayments, type KnownPayment } from '../../events/payment-lookup.ts';
import { type EventRow, findLastFact, findPaymentEvents } from '../../events/queries.ts';
import { errorSummary } from '../../lib/errors.ts';
import { findCommandDatabase, NO_COMMAND_DATABASE } from '../database.ts';

export type Stored =
  | {
      readonly outcome: 'read';
      /** The payment of this id or order reference; null without an event. */
      readonly known: KnownPayment | null;
      /** Other payments of the order, where it was named by its reference; the newest first. */
      readonly others: readonly string[];
      /** Oldest first. */
      readonly events: readonly EventRow[];
      /** The order as the last event has it, with all facts; null without an event. */
      readonly order: OrderView | null;
      /** Without one, deliveries are held. */
      readonly hasWebhook: boolean;
    }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Reads the events of a payment, named by its id or by the reference of its order. Never rejects. */
export async function readStored(config: Config, name: string): Promise<Stored> {
  const connectionString = await findCommandDatabase(config).catch(() => null);
  if (connectionString === null) {
    return { outcome: 'unknown', reason: NO_COMMAND_DATABASE };
  }
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  try {
    const [known = null, ...others] = await findPayments(db, name);
    const events = known === null ? [] : await findPaymentEvents(db, known.paymentId);
    const last = known === null ? null : await findLastFact(db, known.paymentId);
    const order = last === null ? null : { ...last.order, earlier: factsUntil(last) };
    return {
      outcome: 'read',
      known,
      others: others.map(({ paymentId }) => paymentId),
      events,
      order,
      hasWebhook: config.WEBHOOK_URL !== null,
    };
  } catch (error) {
    return { outcome: 'unknown', reason: `the database cannot be read: ${errorSummary(error)}` };
  } finally {
    await db.close();
  }
}
