/**
 * Requests that never reach a route: what Node's parser refuses, what is too large or too slow, unknown paths, and TLS
 * that fails. Strangers can send any number of them, so their log lines are limited and hold nothing of the request.
 */
import { createFloodLimit } from '../lib/flood-limit.ts';
import type { Logger } from '../lib/logger.ts';

/** Why a request was refused; the values of a metric's label. */
export const REFUSAL_REASONS = [
  'malformed',
  'headers_too_large',
  'too_slow',
  'wrong_method',
  'unknown_path',
  'tls_failed',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface RefusedRequest {
  readonly reason: RefusalReason;
  /** Null: unknown. */
  readonly source: string | null;
  /** The code of Node's error, or null. */
  readonly error: string | null;
}

export interface RefusedRequestLog {
  /** Writes the line of a refused request, or counts it for the summary. */
  write(refused: RefusedRequest): void;
  /** Writes the summary of those that had no line, if there are any. */
  flush(): void;
}

/** Creates the log. Flush it before the logger closes. */
export function createRefusedRequestLog(logger: Logger): RefusedRequestLog {
  const limit = createFloodLimit<RefusalReason>((counts) => logger.warn({ event: 'requests.refused', counts }));
  return {
    write({ reason, source, error }) {
      if (!limit.hasLine(reason)) return;
      // Paths that do not exist are everyday noise of the internet.
      const level = reason === 'unknown_path' ? 'info' : 'warn';
      logger[level]({ event: 'request.refused', reason, source, ...(error === null ? {} : { error }) });
    },
    flush: limit.flush,
  };
}
