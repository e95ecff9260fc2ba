/**
 * Records when each secret was last used, so that an operator sees when a previous one can go. A use costs one write to
 * a map; the database learns it once a minute. Rows belong to secrets and not to settings: a secret keeps its row when
 * a rotation moves it to `…_PREVIOUS`, and the next previous one never inherits it.
 */
import { sql } from 'kysely';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import { type ConfiguredSecret, configuredSecrets } from './configured-secrets.ts';
import type { Fingerprints } from './fingerprint.ts';
import { listSecretUses, type SecretUse } from './secret-use-rows.ts';

export interface SecretUses {
  /** Notes that the secret of this setting was used now. */
  used(setting: string): void;
  /** Returns the uses of all processes, and those that only this one knows yet. Throws the errors of the database. */
  list(reading: Database): Promise<readonly SecretUse[]>;
  /** Writes the uses since the last call. `scope` `all` also writes which secrets are previous ones. */
  flush(scope: 'all' | 'used', signal?: AbortSignal): Promise<void>;
}

export interface SecretUsesOptions {
  readonly db: Database;
  readonly config: Config;
  readonly clock: Clock;
  readonly fingerprints: Fingerprints;
}

/** Creates the record of one process. */
export function createSecretUses({ db, config, clock, fingerprints }: SecretUsesOptions): SecretUses {
  const pairs = configuredSecrets(config);
  const pending = new Map<string, number>();
  return {
    used: (setting) => void pending.set(setting, clock.elapsed()),
    list: async (reading) => {
      const uses = await listSecretUses(reading, { pairs, fingerprints });
      return withPending(uses, (setting) => toDate(pending.get(setting), clock));
    },
    async flush(scope, signal) {
      const now = clock.elapsed();
      const written = new Map(pending);
      const secrets = pairs.flatMap(({ current, previous }) => [
        { secret: current, isPrevious: false },
        ...(previous === null ? [] : [{ secret: previous, isPrevious: true }]),
      ]);
      const wanted = secrets.filter(({ secret }) => scope === 'all' || written.has(secret.name));
      if (wanted.length === 0) return;

      const rows: UseRow[] = [];
      for (const { secret, isPrevious } of wanted) {
        const usedAt = written.get(secret.name);
        const ageMs = usedAt === undefined ? null : now - usedAt;
        rows.push({ ...(await identify(secret, fingerprints)), isPrevious, ageMs });
      }
      await writeUses(db, rows, signal);
      for (const [setting, usedAt] of written) if (pending.get(setting) === usedAt) pending.delete(setting);
    },
  };
}

interface UseRow {
  readonly kind: string;
  readonly fingerprint: string;
  readonly isPrevious: boolean;
  readonly ageMs: number | null;
}

async function identify({ kind, secret }: ConfiguredSecret, fingerprints: Fingerprints) {
  return { kind, fingerprint: await fingerprints(kind, secret) };
}

/** Writes one row per secret: two settings may have the same text, which is then previous only if both are. */
async function writeUses(db: Database, rows: readonly UseRow[], signal?: AbortSignal): Promise<void> {
  await db.run(
    sql`
      insert into secret_uses as u (secret_kind, fingerprint, previous_since, last_used_at)
      select kind, fingerprint, case when bool_and(is_previous) then now() end, now() - min(age_ms) * interval '1 ms'
      from unnest(
        ${rows.map(({ kind }) => kind)}::text[], ${rows.map(({ fingerprint }) => fingerprint)}::text[],
        ${rows.map(({ isPrevious }) => isPrevious)}::bool[], ${rows.map(({ ageMs }) => ageMs)}::float8[]
      ) as t (kind, fingerprint, is_previous, age_ms)
      group by kind, fingerprint
      order by kind, fingerprint
      on conflict (secret_kind, fingerprint) do update set
        previous_since = case when excluded.previous_since is not null
                              then coalesce(u.previous_since, excluded.previous_since) end,
        last_used_at = greatest(u.last_used_at, excluded.last_used_at)`.compile(db.kysely),
    signal,
  );
}

function toDate(usedAt: number | undefined, clock: Clock): Date | null {
  return usedAt === undefined ? null : new Date(clock.now() - (clock.elapsed() - usedAt));
}

/** Adds the uses that are not written yet; a later one wins. */
function withPending(uses: readonly SecretUse[], pendingOf: (setting: string) => Date | null): SecretUse[] {
  return uses.map(({ name, lastUsedAt, previous }) => ({
    name,
    lastUsedAt: latest(lastUsedAt, pendingOf(name)),
    previous:
      previous === null
        ? null
        : {
            ...previous,
            lastUsedAt: latest(previous.lastUsedAt, pendingOf(previous.name)),
            unusedSince: latest(previous.unusedSince, pendingOf(previous.name)),
          },
  }));
}

function latest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
