/**
 * Logs callbacks, one line each. The URL is never in a line, because it holds the digest; neither is the body, which
 * may hold a customer's data.
 *
 * Responses that anyone can trigger without a secret (a wrong digest, a malformed URL) get a line of their own only a
 * few times in a few seconds; the rest is counted in one summary line, so that strangers cannot fill the disk. The
 * limit applies to the log, never to the response: a valid digest is accepted however many invalid ones arrive beside
 * it.
 */
import type { FastifyRequest } from 'fastify';
import { classifyDatabaseError } from '../db/errors.ts';
import type { Provider } from '../db/schema.ts';
import { publicId } from '../events/public-id.ts';
import { errorSummary } from '../lib/errors.ts';
import { createFloodLimit } from '../lib/flood-limit.ts';
import type { Logger } from '../lib/logger.ts';
import type { ResponseName } from './responses.ts';
import { type CallbackResult, responseOf } from './result.ts';

export interface CallbackLogEntry {
  readonly provider: Provider;
  readonly request: FastifyRequest;
  /** Null if it is unknown. */
  readonly source: string | null;
  readonly result: CallbackResult;
  readonly durationMs: number;
}

export interface CallbackLog {
  /** Writes the callback's line, or counts it for the summary. */
  write(entry: CallbackLogEntry): void;
  /** Writes the summary of the callbacks counted so far, if there are any. */
  flush(): void;
}

const LEVELS: Partial<Record<ResponseName, 'error' | 'warn'>> = {
  try_again: 'error',
  unhandled: 'error',
  digest_rejected: 'warn',
  unauthorized: 'warn',
  source_not_allowed: 'warn',
  malformed: 'warn',
  not_ours: 'warn',
  mocked: 'warn',
};

/** Responses that anyone can trigger without a secret; `test_taken` counts only when nothing was stored. */
const UNAUTHENTICATED_RESPONSES: ReadonlySet<ResponseName> = new Set<ResponseName>([
  'source_not_allowed',
  'unauthorized',
  'unknown_path',
  'wrong_method',
  'malformed',
  'digest_rejected',
  'test_taken',
]);

/** Creates the log of callbacks. Flush it before the logger closes. */
export function createCallbackLog(logger: Logger): CallbackLog {
  const limitOf = (provider: Provider) =>
    createFloodLimit<ResponseName>((counts) => logger.warn({ event: 'callbacks.rejected', provider, counts }));
  const limits = { 'resurs-ecom': limitOf('resurs-ecom'), 'resurs-mapi': limitOf('resurs-mapi') };
  return {
    write(entry) {
      const { provider, result } = entry;
      if (!isLimited(provider, result) || limits[provider].hasLine(result.response)) writeLine(logger, entry);
    },
    flush() {
      for (const limit of Object.values(limits)) limit.flush();
    },
  };
}

/** Without a token, strangers can trigger every response of the Merchant API's callbacks but those with an event. */
function isLimited(provider: Provider, { response, eventId }: CallbackResult): boolean {
  return eventId === null && (provider === 'resurs-mapi' || UNAUTHENTICATED_RESPONSES.has(response));
}

function writeLine(logger: Logger, { provider, request, source, result, durationMs }: CallbackLogEntry): void {
  const { status } = responseOf(result);
  logger[LEVELS[result.response] ?? 'info']({
    event: 'callback.received',
    provider,
    requestId: request.id,
    outcome: result.response,
    status,
    type: result.callbackType,
    paymentId: result.paymentId,
    eventId: result.eventId === null ? null : publicId(result.eventId),
    method: request.method,
    source,
    durationMs: Math.round(durationMs),
    ...causeFields(result),
  });
}

/** Returns the reason, as an explanation or as an error's code; the stack is added for unexpected errors only. */
function causeFields({ response, cause }: CallbackResult): { reason?: string; stack?: string } {
  if (cause === null) return {};
  if (typeof cause === 'string') return { reason: cause };
  const isUnexpected = response === 'unhandled' && classifyDatabaseError(cause) !== 'bad_row';
  const stack = cause instanceof Error && isUnexpected ? cause.stack : undefined;
  return { reason: errorSummary(cause), ...(stack === undefined ? {} : { stack }) };
}
