/**
 * The table `alert_posts`: messages that are due. One is claimed before it is posted, so that no two processes post it,
 * and what was claimed by a process that died is not posted again.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { Alert } from './alert.ts';
import type { Occasion } from './edges.ts';
import { KEPT_DAYS } from './store.ts';

/** A message that was claimed. */
export interface ClaimedPost {
  readonly edgeId: string;
  readonly occasion: Occasion;
  /** As it was when the message was due. */
  readonly alert: Alert;
}

/** How a message ended; `error` is one line, null: it was accepted. */
export interface PostEnd {
  readonly status: number | null;
  readonly error: string | null;
}

/** Messages that one process posts at a time; the rest comes with the next look. */
const CLAIMED_AT_ONCE = sql.lit(20);
const PRUNED_AT_ONCE = sql.lit(500);

/** Claims the messages that are due, oldest first. No other process ever gets them. */
export async function claimPosts(db: Database, now: Date): Promise<ClaimedPost[]> {
  const rows = await db.run(
    sql<ClaimedPost & { readonly createdAt: Date }>`
      update alert_posts set claimed_at = ${now}
      where ctid = any(array(
        select ctid from alert_posts where claimed_at is null order by created_at limit ${CLAIMED_AT_ONCE}
        for update skip locked
      ))
      returning edge_id as "edgeId", occasion, alert, created_at as "createdAt"`.compile(db.kysely),
  );
  return rows
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .map(({ edgeId, occasion, alert }) => ({ edgeId, occasion, alert: revive(alert) }));
}

/** Keeps how messages ended. */
export async function finishPosts(db: Database, posts: readonly ClaimedPost[], end: PostEnd, now: Date): Promise<void> {
  await db.run(
    sql`
      update alert_posts set finished_at = ${now}, status = ${end.status}::int, error = ${end.error}::text
      where (edge_id, occasion) in (${keysOf(posts)})`.compile(db.kysely),
  );
}

/** Gives messages back that were certainly not accepted, for a process that stops. */
export async function releasePosts(db: Database, posts: readonly ClaimedPost[]): Promise<void> {
  await db.run(
    sql`update alert_posts set claimed_at = null where (edge_id, occasion) in (${keysOf(posts)})`.compile(db.kysely),
  );
}

/** Forgets messages older than 30 days. */
export async function prunePosts(db: Database, now: Date, signal?: AbortSignal): Promise<void> {
  const oldest = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
  await db.run(
    sql`
      delete from alert_posts where ctid = any(array(
        select ctid from alert_posts where created_at < ${oldest} order by created_at limit ${PRUNED_AT_ONCE}
      ))`.compile(db.kysely),
    signal,
  );
}

function keysOf(posts: readonly ClaimedPost[]) {
  return sql.join(posts.map(({ edgeId, occasion }) => sql`(${edgeId}::uuid, ${occasion}::text)`));
}

/** Times in JSON are texts. */
function revive(alert: Alert): Alert {
  const time = (value: Date) => new Date(value);
  const { since, until, lastTrueAt, postedAt } = alert;
  return {
    ...alert,
    since: time(since),
    until: until === null ? null : time(until),
    lastTrueAt: time(lastTrueAt),
    postedAt: time(postedAt),
  };
}
