/**
 * Errors of the database by what they mean for the work in hand, told by SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html). A table, not a class hierarchy: the caller needs
 * one of four answers.
 */

/**
 * `bad_row`: the data itself was refused (also by a trigger that raises), its neighbours may pass. `conflict`: trying the same again may pass.
 * `unavailable`: the database cannot do it now, or the outcome is unknown. `defect`: nobody foresaw it.
 */
export type DatabaseFault = 'bad_row' | 'conflict' | 'unavailable' | 'defect';

const BAD_ROW_CLASSES = new Set(['22', '23', '54', 'P0']);
const CONFLICTS = new Set(['40001', '40P01']);
/** Connection, resources, operator's action, not in a state to do it, read-only, invalid authorization, system error. */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '55', '57', '58', '25', 'XX']);
/** SQLSTATEs have five characters; Node's own codes (ECONNREFUSED) are longer. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** What a failed statement means. Errors without a SQLSTATE come from the connection or from a time-out. */
export function databaseFaultOf(error: unknown): DatabaseFault {
  const code = errorCodeOf(error);
  if (code === null || !SQLSTATE.test(code)) return error instanceof TypeError ? 'defect' : 'unavailable';
  if (CONFLICTS.has(code)) return 'conflict';
  if (BAD_ROW_CLASSES.has(code.slice(0, 2))) return 'bad_row';
  return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) ? 'unavailable' : 'defect';
}

/** The `code` of an error, or null. */
export function errorCodeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** An error in a few words for a log line: its code, or else its message without what may follow in further lines. */
export function shortReason(error: unknown): string {
  const code = errorCodeOf(error);
  if (code !== null) return code;
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'unknown error';
}
