/** Tries servers until one can be used: the next one starts when one has failed, or takes too long. */
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import type { Attempt } from './attempt.ts';
import type { Server } from './servers.ts';

export interface RaceOptions {
  readonly attempt: (server: Server, signal: AbortSignal) => Promise<Attempt>;
  /** The wait before the next server is tried beside one that has not answered. */
  readonly staggerMs: number;
  /** Takes a server that can only be read when there is no other. */
  readonly isReadOnlyEnough: boolean;
  readonly signal: AbortSignal;
}

type Opened = Exclude<Attempt, { outcome: 'failed' }>;

export type RaceResult =
  | { readonly outcome: 'open'; readonly server: Server; readonly client: pg.Client }
  /** Why each server is not used, in the order in which they ended. */
  | { readonly outcome: 'failed'; readonly failures: readonly (readonly [label: string, error: Error])[] };

/** Resolves with the first connection that can be used. All others are closed. Never rejects. */
export async function raceServers(servers: readonly Server[], options: RaceOptions): Promise<RaceResult> {
  const over = new AbortController();
  const abort = () => over.abort(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  if (options.signal.aborted) abort();
  const running = new Set<Promise<void>>();
  const ended: Attempt[] = [];
  const start = (server: Server) => {
    const attempt = options.attempt(server, over.signal).then((result) => {
      ended.push(result);
      running.delete(attempt);
    });
    running.add(attempt);
  };

  const waiting = [...servers];
  let used: Opened | undefined;
  do {
    const next = waiting.shift();
    if (next !== undefined) start(next);
    await oneOf(running, waiting.length > 0 ? options.staggerMs : null);
    used = ended.find((attempt) => attempt.outcome === 'open');
  } while (used === undefined && (waiting.length > 0 || running.size > 0));

  used ??= options.isReadOnlyEnough ? ended.find(isReadOnly) : undefined;
  over.abort();
  options.signal.removeEventListener('abort', abort);
  // Those that open in spite of the abort are closed as well.
  void Promise.allSettled(running).then(() => closeAllBut(used, ended));
  if (used !== undefined) return { outcome: 'open', server: used.server, client: used.client };
  return { outcome: 'failed', failures: ended.flatMap(failureOf) };
}

/** Resolves when an attempt has ended or, if `limitMs` is not null, after that time. */
async function oneOf(running: ReadonlySet<Promise<void>>, limitMs: number | null): Promise<void> {
  if (limitMs === null) return Promise.race(running);
  const done = new AbortController();
  const limit = setTimeout(limitMs, undefined, { signal: done.signal }).catch(() => undefined);
  await Promise.race([...running, limit]);
  done.abort();
}

function isReadOnly(attempt: Attempt): attempt is Extract<Attempt, { outcome: 'unsuitable' }> {
  return attempt.outcome === 'unsuitable' && attempt.error.isReadOnly;
}

function failureOf(attempt: Attempt): (readonly [string, Error])[] {
  if (attempt.outcome === 'open') return [];
  return [[attempt.outcome === 'failed' ? attempt.label : attempt.server.label, attempt.error]];
}

function closeAllBut(used: Opened | undefined, attempts: readonly Attempt[]): void {
  for (const attempt of attempts) {
    if (attempt.outcome === 'failed' || attempt === used) continue;
    attempt.client.end().catch(() => undefined);
  }
}
