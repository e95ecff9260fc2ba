/**
 * Classifies database errors by what they mean for the caller, from the SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html). It is a table and not a class hierarchy, because
 * the caller only needs one of four kinds.
 */
import { errorCode } from '../lib/errors.ts';

const BAD_ROW_CLASSES = new Set(['22', '23', '54', 'P0']);
const CONFLICTS = new Set(['40001', '40P01']);
/**
 * Connection, resources, operator intervention, object not in a usable state, read-only, invalid authorization, system
 * error.
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '55', '57', '58', '25', 'XX']);
/** SQLSTATEs have five characters; Node's own codes (ECONNREFUSED) are longer. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * `bad_row`: the data itself was rejected (also by a trigger that raises); other rows of the batch may succeed.
 * `conflict`: a retry may succeed. `unavailable`: the database cannot do it now, or the outcome is unknown. `defect`:
 * an unexpected error, which is a bug.
 */
export type DatabaseErrorKind = 'bad_row' | 'conflict' | 'unavailable' | 'defect';

/** Classifies the error of a statement. Errors without a SQLSTATE come from the connection or from a timeout. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  const code = errorCode(error);
  if (code === null || !SQLSTATE.test(code)) return isBug(error) ? 'defect' : 'unavailable';
  if (CONFLICTS.has(code)) return 'conflict';
  if (BAD_ROW_CLASSES.has(code.slice(0, 2))) return 'bad_row';
  return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) ? 'unavailable' : 'defect';
}

function isBug(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}
