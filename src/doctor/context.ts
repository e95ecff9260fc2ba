/**
 * What every check works with: the settings, and its access to the database, to Resurs and to the Internet. Tests
 * replace parts.
 */
import type { Dispatcher } from 'undici';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { ResursClients } from '../registrations/registered.ts';
import type { MapiClient } from '../resurs/mapi.ts';
import type { Internet } from './probe/internet.ts';

export interface CheckContext {
  readonly config: Config;
  /** Warnings about the settings. */
  readonly warnings: readonly string[];
  /** Null when DATABASE_URL is not set and no service with an embedded Postgres runs here. */
  readonly database: { readonly connectionString: string; readonly db: Database } | null;
  /** Null without an account at Resurs. */
  readonly resurs: {
    readonly channels: ResursClients;
    readonly restUrl: string;
    readonly dispatcher: Dispatcher;
  } | null;
  /** Null without an account of the Merchant API. */
  readonly mapi: MapiClient | null;
  readonly internet: Internet;
  readonly clock: Clock;
  /** Returns so many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  readonly version: string;
}
