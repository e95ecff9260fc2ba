/**
 * The settings of a connection that the receiver's promises rest on. They are made by one statement when it opens, and
 * not as startup parameters: those are replaced by `options` of a URL, and poolers drop or refuse them. That statement
 * also returns what holds now, so a connection is used only after a look at itself.
 */

export interface SessionSetting {
  readonly name: string;
  /** As Postgres shows it. */
  readonly value: string;
  /** Other values that are kept, because they promise more. */
  readonly orBetter?: readonly string[];
  /** Servers of an older version do not have it. */
  readonly sinceVersion?: number;
}

const COMMON: readonly SessionSetting[] = [
  { name: 'synchronous_commit', value: 'on', orBetter: ['remote_apply'] },
  // A stricter level would not see what was committed while the statement waited for a lock.
  { name: 'default_transaction_isolation', value: 'read committed' },
  // How values are written and read as text.
  { name: 'client_encoding', value: 'UTF8' },
  { name: 'standard_conforming_strings', value: 'on' },
  { name: 'array_nulls', value: 'on' },
  { name: 'TimeZone', value: 'UTC' },
  { name: 'DateStyle', value: 'ISO, MDY' },
  // A warning says that a commit was not confirmed by the standby; lower levels send it as well.
  {
    name: 'client_min_messages',
    value: 'warning',
    orBetter: ['notice', 'log', 'debug1', 'debug2', 'debug3', 'debug4', 'debug5'],
  },
  { name: 'idle_session_timeout', value: '0', sinceVersion: 140_000 },
  { name: 'transaction_timeout', value: '0', sinceVersion: 170_000 },
];

/**
 * For the statements of the service: none may take longer than a callback may wait for its response.
 *
 * All our statements use an index, whatever their values are. By default, Postgres plans statements for few rows again
 * each time, which costs three times as much as running them. A generic plan is made once, perhaps for empty tables,
 * and must not scan a whole table later.
 */
export const SERVICE_SETTINGS: readonly SessionSetting[] = [
  ...COMMON,
  { name: 'statement_timeout', value: '2500ms' },
  { name: 'lock_timeout', value: '2s' },
  { name: 'idle_in_transaction_session_timeout', value: '2500ms' },
  { name: 'plan_cache_mode', value: 'force_generic_plan' },
  { name: 'enable_seqscan', value: 'off' },
  { name: 'enable_bitmapscan', value: 'off' },
];

/** For migrations: one that waits for another process's migration must not be aborted. */
export const MIGRATION_SETTINGS: readonly SessionSetting[] = [
  ...COMMON,
  { name: 'statement_timeout', value: '0' },
  { name: 'lock_timeout', value: '0' },
  { name: 'idle_in_transaction_session_timeout', value: '0' },
];

/**
 * Returns the columns of a SELECT that make the settings and return them, named like them. `isLocal` is SQL: true makes
 * them for the current transaction alone.
 */
export function setConfigColumns(settings: readonly SessionSetting[], isLocal: string): string {
  return settings.map((setting) => setConfigColumn(setting, isLocal)).join(',\n  ');
}

function setConfigColumn({ name, value, orBetter = [], sinceVersion }: SessionSetting, isLocal: string): string {
  const kept = orBetter.map((better) => `'${better}'`).join(', ');
  const current = `pg_catalog.current_setting('${name}')`;
  const wanted = kept === '' ? `'${value}'` : `case when ${current} in (${kept}) then ${current} else '${value}' end`;
  const set = `pg_catalog.set_config('${name}', ${wanted}, ${isLocal})`;
  if (sinceVersion === undefined) return `${set} as "${name}"`;
  const version = `pg_catalog.current_setting('server_version_num')::int`;
  return `case when ${version} >= ${sinceVersion} then ${set} end as "${name}"`;
}

/** Returns one sentence for each setting of the row that is not as asked. */
export function differencesOf(
  settings: readonly SessionSetting[],
  row: Readonly<Record<string, unknown>>,
): readonly string[] {
  return settings.flatMap(({ name, value, orBetter = [], sinceVersion }) => {
    const found = row[name];
    if (found === value || orBetter.some((better) => better === found)) return [];
    if (found === null && sinceVersion !== undefined) return [];
    return [`${name} is ${String(found)} instead of ${value}`];
  });
}
