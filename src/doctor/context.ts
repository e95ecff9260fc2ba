/** What all checks work with: the settings, and the ways to look at the world. It is an argument, so that tests decide. */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { ResursClients } from '../registrations/registered.ts';
import type { Internet } from './probe/internet.ts';

export interface CheckContext {
  readonly config: Config;
  /** What the settings were warned about. */
  readonly warnings: readonly string[];
  /** Null when neither DATABASE_URL is set nor a service with its own Postgres runs here. */
  readonly database: { readonly connectionString: string; readonly db: Database } | null;
  /** Null without an account at Resurs. */
  readonly resurs: { readonly channels: ResursClients; readonly restUrl: string } | null;
  readonly outside: Internet;
  readonly clock: Clock;
  /** So many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  readonly version: string;
}
