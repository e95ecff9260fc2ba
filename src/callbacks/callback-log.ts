/**
 * The one log line of a callback. The URL is never in it: it holds the digest. Neither is the body, which may hold a
 * customer's data.
 */
import type { FastifyRequest } from 'fastify';
import { classifyDatabaseError } from '../db/errors.ts';
import { publicId } from '../events/event.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { RESPONSES, type ResponseName } from './responses.ts';
import type { CallbackResult } from './result.ts';

interface CallbackLogEntry {
  readonly request: FastifyRequest;
  readonly taken: CallbackResult;
  readonly durationMs: number;
}

const LEVELS: Partial<Record<ResponseName, 'error' | 'warn'>> = {
  try_again: 'error',
  unhandled: 'error',
  digest_rejected: 'warn',
  unauthorized: 'warn',
  source_not_allowed: 'warn',
  malformed: 'warn',
  not_ours: 'warn',
};

export function logCallback(logger: Logger, { request, taken, durationMs }: CallbackLogEntry): void {
  const { status } = RESPONSES[taken.response];
  logger[LEVELS[taken.response] ?? 'info']({
    event: 'callback.received',
    requestId: request.id,
    outcome: taken.response,
    status,
    type: taken.callbackType,
    paymentId: taken.paymentId,
    eventId: taken.eventId === null ? null : publicId(taken.eventId),
    method: request.method,
    source: request.ip,
    durationMs: Math.round(durationMs),
    ...causeFields(taken),
  });
}

/** Why it was refused, in our own words or by an error's code; the stack only for what nobody foresaw. */
function causeFields({ response: answer, cause }: CallbackResult): { reason?: string; stack?: string } {
  if (cause === null) return {};
  if (typeof cause === 'string') return { reason: cause };
  const isDefect = answer === 'unhandled' && classifyDatabaseError(cause) !== 'bad_row';
  const stack = cause instanceof Error && isDefect ? cause.stack : undefined;
  return { reason: errorSummary(cause), ...(stack === undefined ? {} : { stack }) };
}
