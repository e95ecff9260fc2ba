/**
 * How many log lines strangers can make us write. What anyone can provoke without a proof (a wrong digest, a malformed URL)
 * has a line of its own only a few times in a few seconds; the rest is counted and told in one summary line. Only the log
 * is limited, never the answer: a right digest is never refused for its neighbours.
 */
import type { Logger } from '../lib/logger.ts';
import type { ResponseName } from './responses.ts';
import type { CallbackResult } from './result.ts';

/** Of each answer, so that a flood of one kind does not hide the first lines of another. */
const LINES_PER_INTERVAL = 20;
const INTERVAL_MS = 5_000;

/** What needs no secret to be provoked; `test_taken` only where nothing was stored for it. */
const UNAUTHENTICATED_RESPONSES: ReadonlySet<ResponseName> = new Set<ResponseName>([
  'source_not_allowed',
  'unauthorized',
  'unknown_path',
  'wrong_method',
  'malformed',
  'digest_rejected',
  'test_taken',
]);

export interface LogLimiter {
  /** Whether this callback may have a line of its own; when not, it is counted for the summary. */
  shouldLog(taken: CallbackResult): boolean;
  /** Writes the summary of what was counted so far, if anything was. */
  flush(): void;
}

export function createLogLimiter(logger: Logger): LogLimiter {
  const seen = new Map<ResponseName, number>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const counts = [...seen]
      .filter(([, count]) => count > LINES_PER_INTERVAL)
      .map(([answer, count]): [ResponseName, number] => [answer, count - LINES_PER_INTERVAL]);
    seen.clear();
    if (counts.length > 0) logger.warn({ event: 'callbacks.rejected', counts: Object.fromEntries(counts) });
  }

  return {
    shouldLog({ response: answer, eventId }) {
      if (!UNAUTHENTICATED_RESPONSES.has(answer) || eventId !== null) return true;
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
      const count = (seen.get(answer) ?? 0) + 1;
      seen.set(answer, count);
      return count <= LINES_PER_INTERVAL;
    },
    flush,
  };
}
