/**
 * The table `alerts`. What a look has changed is written with the messages that are due, all in one statement; where
 * another replica has changed an alert meanwhile, nothing of it is written.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { ALERT_NAMES, type Alert, type AlertName } from './alert.ts';
import type { Occasion } from './edges.ts';

/** An alert that a look has changed. */
export interface Change {
  readonly before: Alert | null;
  readonly next: Alert;
  /** The message that is due; null: none. */
  readonly occasion: Occasion | null;
}

/** How long resolved alerts are shown, and messages kept. */
export const KEPT_DAYS = 30;

/** Reads all alerts that ever fired. */
export async function readAlerts(db: Database, signal?: AbortSignal): Promise<ReadonlyMap<AlertName, Alert>> {
  const rows = await db.run(
    sql<Alert>`
      select name, edge_id as "edgeId", state, severity, since, until, last_true_at as "lastTrueAt",
             posted_at as "postedAt", message, fix
      from alerts where name in (${sql.join(ALERT_NAMES.map((name) => sql.lit(name)))})`.compile(db.kysely),
    signal,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** Lists the alerts for people: those that fire first, then the latest; resolved ones for 30 days. */
export async function listAlerts(db: Database, now: Date): Promise<Alert[]> {
  const oldest = now.getTime() - KEPT_DAYS * 86_400_000;
  const alerts = [...(await readAlerts(db)).values()];
  return alerts
    .filter(({ until }) => until === null || until.getTime() > oldest)
    .sort((a, b) => rankOf(a) - rankOf(b) || b.since.getTime() - a.since.getTime());
}

function rankOf({ state, severity }: Alert): number {
  return (state === 'firing' ? 0 : 2) + (severity === 'critical' ? 0 : 1);
}

/** Writes the changes, and their messages if `posts`; returns the names of those that were written. */
export async function saveChanges(
  db: Database,
  changes: readonly Change[],
  { now, posts, signal }: { readonly now: Date; readonly posts: boolean; readonly signal?: AbortSignal },
): Promise<ReadonlySet<AlertName>> {
  if (changes.length === 0) return new Set();
  const given = changes.map(({ before, next, occasion }) => ({
    ...next,
    oldEdge: before?.edgeId ?? null,
    oldState: before?.state ?? null,
    occasion: posts ? occasion : null,
    alert: next,
  }));
  const rows = await db.run(
    sql<{ readonly name: AlertName }>`
      with given as materialized (
        select * from json_to_recordset(${JSON.stringify(given)}::json) g (
          "name" text, "edgeId" uuid, "state" text, "severity" text, "since" timestamptz, "until" timestamptz,
          "lastTrueAt" timestamptz, "postedAt" timestamptz, "message" text, "fix" text,
          "oldEdge" uuid, "oldState" text, "occasion" text, "alert" json
        )
      ), written as (
        insert into alerts as a (name, edge_id, state, severity, since, until, last_true_at, posted_at, message, fix)
        select name, "edgeId", state, severity, since, until, "lastTrueAt", "postedAt", message, fix
        from given order by name
        on conflict (name) do update set
          edge_id = excluded.edge_id, state = excluded.state, severity = excluded.severity, since = excluded.since,
          until = excluded.until, last_true_at = excluded.last_true_at, posted_at = excluded.posted_at,
          message = excluded.message, fix = excluded.fix
        where exists (
          select from given g where g.name = a.name and g."oldEdge" = a.edge_id and g."oldState" = a.state
        )
        returning a.name
      ), due as (
        insert into alert_posts (edge_id, occasion, name, alert, created_at)
        select "edgeId", occasion, name, alert, ${now}
        from given where occasion is not null and name in (select name from written)
        on conflict do nothing
      )
      select name from written`.compile(db.kysely),
    signal,
  );
  return new Set(rows.map(({ name }) => name));
}
