/** What all checks work with: the settings, and the ways to look at the world. It is an argument, so that tests decide. */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Channels } from '../resurs/registry.ts';
import type { Outside } from './outside.ts';

export interface Ward {
  readonly config: Config;
  /** What the settings were warned about. */
  readonly warnings: readonly string[];
  /** Null when neither DATABASE_URL is set nor a service with its own Postgres runs here. */
  readonly database: { readonly connectionString: string; readonly db: Database } | null;
  /** Null without an account at Resurs. */
  readonly resurs: { readonly channels: Channels; readonly restUrl: string } | null;
  readonly outside: Outside;
  readonly clock: Clock;
  /** So many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  readonly version: string;
}
