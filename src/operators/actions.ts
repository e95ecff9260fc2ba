/** Keeps who did what: replays, erasures, mocked errors, alert tests, simulated callbacks. A row is only added. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** What operators do that is kept. */
export const ACTION_NAMES = [
  'event.replayed',
  'replay.started',
  'replay.stopped',
  'payment.erased',
  'mock_error.set',
  'mock_error.removed',
  'alert.tested',
  'callback.simulated',
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** Ids and counts; never a body, a token or anything about a customer. */
export type ActionDetail = Readonly<Record<string, string | number | boolean | null>>;

export interface NewAction {
  readonly action: ActionName;
  /** The name that the operator gave, or that of the token. */
  readonly operator: string;
  readonly detail: ActionDetail;
}

/** Adds one. */
export async function recordAction(db: Database, action: NewAction): Promise<void> {
  await db.run(actionFor(action, sql`(select) one`).compile(db.kysely));
}

/** A statement that adds one for each row of `source`: kept in the same commit as what is done. */
export function actionFor({ action, operator, detail }: NewAction, source: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into actions (action, operator, detail)
    select ${action}, ${operator}, ${JSON.stringify(detail)}::json from ${source}`;
}
