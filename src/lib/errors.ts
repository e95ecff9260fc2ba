/** Short texts about errors, for log lines. */

/** Returns the `code` of an error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Summarises an error for a log line: its code, or else the first line of its message. */
export function errorSummary(error: unknown): string {
  const code = errorCode(error);
  if (code !== null) return code;
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'unknown error';
}
