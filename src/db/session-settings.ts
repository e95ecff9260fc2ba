/**
 * The settings of a connection that the promises of this service rest on: durable commits, bounded statements, plans by
 * index, readable times.
 */

/**
 * The server aborts a statement that takes longer. Together with the time to get a connection, this is below the 4 s for
 * a callback's response.
 */
export const STATEMENT_TIMEOUT_MS = 2_500;
export const LOCK_TIMEOUT_MS = 2_000;

/**
 * All our statements use an index, whatever their values are. By default, Postgres plans statements for few rows again
 * each time, which costs three times as much as running them. A generic plan is made once, perhaps for empty tables, and
 * must not scan a whole table later.
 */
export const BASIC_SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['synchronous_commit', 'on'],
  ['DateStyle', 'ISO, MDY'],
  ['TimeZone', 'UTC'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['enable_seqscan', 'off'],
  ['enable_bitmapscan', 'off'],
];

/**
 * What has to hold in each transaction, where nothing can be set for the session. Warnings are sent, because one of them
 * says that a commit was not confirmed by the standby.
 */
export const TRANSACTION_SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ...BASIC_SETTINGS,
  ['client_min_messages', 'warning'],
  ['statement_timeout', String(STATEMENT_TIMEOUT_MS)],
  ['lock_timeout', String(LOCK_TIMEOUT_MS)],
];

/** The settings of a session, as an option of its start. */
export function toStartOptions(settings: readonly (readonly [name: string, value: string])[]): string {
  return settings.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ');
}
