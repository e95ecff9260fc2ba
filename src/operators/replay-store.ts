/**
 * The rows of replays of many deliveries. A replay is a task: it is created with how many deliveries match, goes on from
 * its position (replay-position.ts), and ends done or stopped. What an operator does to it is kept in the same commit.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { ReplayCount, ReplayFilter } from '../deliveries/replay.ts';
import { requestOf } from '../deliveries/replay-request.ts';
import { type ActionDetail, actionFor } from './actions.ts';

/** A replay as it stands. */
export interface Replay extends ReplayCount {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped';
  readonly replayed: number;
  /** How many the database refused. */
  readonly failed: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Of a replay `r`. */
export const REPLAY_COLUMNS = sql`r.id, r.state, r.count, r.at_least as "atLeast", r.replayed, r.failed,
  r.created_at as "createdAt", r.finished_at as "finishedAt"`;

/** Finds one; null when there is none. */
export async function findReplay(db: Database, id: string): Promise<Replay | null> {
  const rows = await db.run(sql<Replay>`select ${REPLAY_COLUMNS} from replays r where r.id = ${id}`.compile(db.kysely));
  return rows[0] ?? null;
}

/** The key that a repeated request has, and a digest of the request: a repetition is the same request, or is refused. */
export interface RequestIdentity {
  readonly key: string | null;
  readonly hash: string;
}

/** The replay that was created under the key, and the digest of its request. */
export async function findByKey(db: Database, key: string): Promise<(Replay & { readonly hash: string }) | null> {
  const rows = await db.run(
    sql<Replay & { readonly hash: string }>`
      select ${REPLAY_COLUMNS}, r.request_hash as hash from replays r
      where r.idempotency_key = ${key}`.compile(db.kysely),
  );
  return rows[0] ?? null;
}

export interface NewReplay extends ReplayCount, RequestIdentity {
  readonly id: string;
  readonly filter: ReplayFilter;
  readonly upTo: number;
  readonly operator: string;
}

/** Creates it; false when there is one under its key. Two at the same moment create one. */
export async function createReplay(db: Database, replay: NewReplay): Promise<boolean> {
  const { id, filter, upTo, count, atLeast, key, hash, operator } = replay;
  const started = { action: 'replay.started', operator, detail: detailOf(replay) } as const;
  const rows = await db.run(
    sql`
      with created as (
        insert into replays (id, filter, up_to, count, at_least, idempotency_key, request_hash, created_by)
        values (${id}, ${JSON.stringify(requestOf(filter))}::json, ${upTo}, ${count}, ${atLeast}, ${key}, ${hash}, ${operator})
        on conflict (idempotency_key) where idempotency_key is not null do nothing
        returning id
      ), noted as (${actionFor(started, sql`created`)})
      select id from created`.compile(db.kysely),
  );
  return rows.length === 1;
}

function detailOf({ id, filter, count, atLeast }: NewReplay): ActionDetail {
  const { ids, ...request } = requestOf(filter);
  const given = Object.entries(request).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    id,
    count,
    ...(atLeast ? { atLeast } : {}),
    ...Object.fromEntries(given),
    ...(ids === undefined ? {} : { ids: ids.length }),
  };
}

/** Stops what is not done, and returns how it stands; null when there is none. One that has ended stays as it is. */
export async function stopReplay(db: Database, id: string, operator: string): Promise<Replay | null> {
  const stopped = { action: 'replay.stopped', operator, detail: { id } } as const;
  const rows = await db.run(
    sql<Replay>`
      with stopped as (
        update replays r set state = 'stopped', finished_at = now() where r.id = ${id} and r.state = 'running'
        returning ${REPLAY_COLUMNS}
      ), noted as (${actionFor(stopped, sql`stopped`)})
      select * from stopped`.compile(db.kysely),
  );
  return rows[0] ?? findReplay(db, id);
}
