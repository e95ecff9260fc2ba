/** What may be said of an error in one line of a log. */

/** The `code` of an error, or null. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** An error in a few words for a log line: its code, or else its message without what may follow in further lines. */
export function errorSummary(error: unknown): string {
  const code = errorCode(error);
  if (code !== null) return code;
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'unknown error';
}
