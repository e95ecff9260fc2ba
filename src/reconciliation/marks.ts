/** Keeps the marks of the searches, one row each: those of one environment of Resurs mean nothing in the other. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { Mark } from './search-mark.ts';

export interface MarkStore {
  /** Null before the first run. */
  read(name: string): Promise<Mark | null>;
  write(name: string, mark: Mark): Promise<void>;
}

/** Creates the store for one RESURS_ENVIRONMENT. */
export function createMarkStore(db: Database, environment: string): MarkStore {
  return {
    async read(name) {
      const [mark] = await db.run(
        sql<Mark>`
          select since, resume_at as "resumeAt"
          from search_marks
          where environment = ${environment} and name = ${name}`.compile(db.kysely),
      );
      return mark ?? null;
    },
    async write(name, { since, resumeAt }) {
      await db.run(
        sql`
          insert into search_marks (environment, name, since, resume_at)
          values (${environment}, ${name}, ${since}, ${resumeAt})
          on conflict (environment, name) do update set since = excluded.since, resume_at = excluded.resume_at`.compile(
          db.kysely,
        ),
      );
    },
  };
}
