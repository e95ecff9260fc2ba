/**
 * The one log line of a callback. The URL is never in it: it holds the digest. Neither is the body, which may hold a
 * customer's data.
 */
import type { FastifyRequest } from 'fastify';
import { publicId } from '../deliveries/payload.ts';
import { databaseFaultOf, shortReason } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { ANSWERS, type AnswerName } from './answers.ts';
import type { Taken } from './intake.ts';

interface CallbackLine {
  readonly request: FastifyRequest;
  readonly taken: Taken;
  readonly durationMs: number;
}

const LEVELS: Partial<Record<AnswerName, 'error' | 'warn'>> = {
  try_again: 'error',
  unhandled: 'error',
  digest_rejected: 'warn',
  unauthorized: 'warn',
  source_not_allowed: 'warn',
  malformed: 'warn',
  not_ours: 'warn',
};

export function logCallback(logger: Logger, { request, taken, durationMs }: CallbackLine): void {
  const { status } = ANSWERS[taken.answer];
  logger[LEVELS[taken.answer] ?? 'info']({
    event: 'callback.received',
    requestId: request.id,
    outcome: taken.answer,
    status,
    type: taken.actual,
    paymentId: taken.paymentId,
    eventId: taken.eventId === null ? null : publicId(taken.eventId),
    method: request.method,
    source: request.ip,
    durationMs: Math.round(durationMs),
    ...causeOf(taken),
  });
}

/** Why it was refused, in our own words or by an error's code; the stack only for what nobody foresaw. */
function causeOf({ answer, cause }: Taken): { reason?: string; stack?: string } {
  if (cause === null) return {};
  if (typeof cause === 'string') return { reason: cause };
  const isDefect = answer === 'unhandled' && databaseFaultOf(cause) !== 'bad_row';
  const stack = cause instanceof Error && isDefect ? cause.stack : undefined;
  return { reason: shortReason(cause), ...(stack === undefined ? {} : { stack }) };
}
