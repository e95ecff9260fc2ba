/**
 * What the running service knows about its secrets: when each was last used, callbacks refused for their digest, and
 * whether the salts registered at Resurs are those of the settings. It looks at the registrations once at its start,
 * and writes uses and refusals once a minute.
 */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { configuredSecrets } from '../secrets/configured-secrets.ts';
import { createDigestRefusals, type RefusedDigests } from '../secrets/digest-refusals.ts';
import { createFingerprints } from '../secrets/fingerprint.ts';
import type { SecretUse } from '../secrets/secret-use-rows.ts';
import { createSecretUses } from '../secrets/secret-uses.ts';
import { createUsageJob } from '../secrets/usage-job.ts';
import { logSaltStates } from './salt-report.ts';
import { findSaltStates, type TypeSaltState } from './salt-state.ts';

/** What a status shows, read through the given database; each may throw its errors. */
export interface SecretSources {
  saltStates(db: Database): Promise<readonly TypeSaltState[]>;
  refusedDigests(db: Database): Promise<RefusedDigests>;
  secretUses(db: Database): Promise<readonly SecretUse[]>;
}

export interface SecretUsage {
  /** Notes that a request, or this service, has used the secret of this setting. */
  used(setting: string): void;
  /** Notes a callback that is refused for its digest. */
  digestRefused(callbackType: string): void;
  readonly sources: SecretSources;
  /** Needs the schema. */
  start(): void;
  /** Resolves when everything is written; does not wait long for a database that does not respond. */
  stop(): Promise<void>;
}

export interface SecretUsageOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates it; `start` begins the reading and writing. */
export function createSecretUsage({ config, db, clock, logger }: SecretUsageOptions): SecretUsage {
  const fingerprints = createFingerprints(db);
  const uses = createSecretUses({ db, config, clock, fingerprints });
  const refusals = createDigestRefusals(db);
  const hasPrevious = configuredSecrets(config).some(({ previous }) => previous !== null);
  const job = createUsageJob({ uses, refusals, logger, hasPrevious });
  const saltStates = (reading: Database) => findSaltStates(reading, { config, fingerprints, nowMs: clock.now() });
  let reported: Promise<void> | null = null;
  return {
    used: uses.used,
    digestRefused: refusals.refused,
    sources: { saltStates, refusedDigests: refusals.lastHour, secretUses: uses.list },
    start() {
      job.start();
      reported ??= logSaltStates(logger, () => saltStates(db));
    },
    async stop() {
      await Promise.all([job.stop(), reported]);
    },
  };
}
