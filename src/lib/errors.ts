/** Short texts about errors, for log lines. */

/** The classes of Postgres begin with a digit or are one of these four; Node's EPIPE has five characters as well. */
const SQLSTATE = /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;

/**
 * Classes of SQLSTATEs whose messages can quote the data of a statement: data exceptions, violated constraints and
 * checks, and everything that a function or trigger of the database words itself.
 */
const DATA_BEARING_CLASSES = new Set(['22', '23', '2F', '38', '39', '44', 'P0']);

const MAX_LENGTH = 300;

/** Returns the `code` of an error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Returns the SQLSTATE of an error that Postgres, or a pooler in front of it, has reported; else null. */
export function sqlStateOf(error: unknown): string | null {
  const code = errorCode(error);
  return code !== null && SQLSTATE.test(code) ? code : null;
}

/**
 * Summarises an error for a log line: its code, or else the first line of its message. A SQLSTATE comes with the words
 * of the server, except where they can quote stored data; then with the name of the constraint, if there is one.
 */
export function errorSummary(error: unknown): string {
  const sqlState = sqlStateOf(error);
  if (sqlState !== null) return sqlStateSummary(sqlState, error);
  const code = errorCode(error);
  if (code !== null) return code;
  return error instanceof Error ? (firstLine(error.message) ?? error.name) : 'unknown error';
}

function sqlStateSummary(sqlState: string, error: unknown): string {
  if (!DATA_BEARING_CLASSES.has(sqlState.slice(0, 2))) {
    const words = error instanceof Error ? firstLine(error.message) : undefined;
    return words === undefined || words === '' ? sqlState : `${sqlState} ${words.slice(0, MAX_LENGTH)}`;
  }
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
  return typeof constraint === 'string' ? `${sqlState} (constraint ${constraint})` : sqlState;
}

function firstLine(text: string): string | undefined {
  return text.split('\n')[0];
}
