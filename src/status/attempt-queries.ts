/** The queries of attempts: the first one is stored with a finished delivery, all others are rows of their own. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptOutcome } from '../db/schema.ts';

/** Finds the attempts of an event's delivery, in order. */
export async function findAttempts(db: Database, sequence: number): Promise<AttemptRow[]> {
  return db.run(
    sql<AttemptRow>`
      select 1 as number, first_started_at as "startedAt", first_duration_ms as "durationMs",
             first_outcome as outcome, first_status as status, first_error as error, first_answer as answer
      from deliveries where sequence = ${sequence} and first_outcome is not null
      union all
      select number, started_at, duration_ms, outcome, status, error, answer from attempts where sequence = ${sequence}
      order by number`.compile(db.kysely),
  );
}

/** Finds the last attempt of an event's delivery; null before the first one has ended. */
export async function findLastAttempt(
  db: Database,
  sequence: number,
): Promise<Pick<AttemptRow, 'number' | 'startedAt'> | null> {
  const rows = await db.run(
    sql<Pick<AttemptRow, 'number' | 'startedAt'>>`
      select l.number, l.started_at as "startedAt" from (
        select 1 as number, first_started_at as started_at
        from deliveries where sequence = ${sequence} and first_outcome is not null
        union all
        (select number, started_at from attempts where sequence = ${sequence} order by number desc limit 1)
      ) l order by l.number desc limit 1`.compile(db.kysely),
  );
  return rows[0] ?? null;
}

export interface AttemptRow {
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

/** More attempts of an event are only counted in a list of events. */
const MAX_LISTED = 100;

/** The last attempts of an event, in order. */
export interface ListedAttempts {
  readonly attempts: readonly AttemptRow[];
  /** How many earlier ones there are. */
  readonly omitted: number;
}

/** Finds the last attempts of several events, by their sequence; those without one are missing. */
export async function findLastAttempts(
  db: Database,
  sequences: readonly number[],
): Promise<ReadonlyMap<number, ListedAttempts>> {
  const rows = await db.run(
    sql<AttemptRow & { readonly sequence: number }>`
      select s.sequence, l.* from unnest(${[...sequences]}::bigint[]) s (sequence) cross join lateral (
        select u.* from (
          select 1 as number, first_started_at as "startedAt", first_duration_ms as "durationMs",
                 first_outcome as outcome, first_status as status, first_error as error, first_answer as answer
          from deliveries where sequence = s.sequence and first_outcome is not null
          union all
          (
            select number, started_at, duration_ms, outcome, status, error, answer
            from attempts where sequence = s.sequence order by number desc limit ${sql.lit(MAX_LISTED)}
          )
        ) u order by u.number desc limit ${sql.lit(MAX_LISTED)}
      ) l
      order by s.sequence, l.number`.compile(db.kysely),
  );
  const found = new Map<number, { attempts: AttemptRow[]; omitted: number }>();
  for (const { sequence, ...attempt } of rows) {
    const listed = found.get(sequence);
    // Attempts are numbered from 1 on, without gaps.
    if (listed === undefined) found.set(sequence, { attempts: [attempt], omitted: attempt.number - 1 });
    else listed.attempts.push(attempt);
  }
  return found;
}
