/**
 * The way of one callback from its request line to its answer: contract 4.2, checks 3 to 7, in their order. Nothing
 * that failed a check is written, and no check runs before the ones above it have passed.
 */
import type { Clock } from '../clock.ts';
import type { Verified } from '../db/schema.ts';
import type { AnswerName } from './answers.ts';
import { type AuthenticityOptions, judgeAuthenticity } from './authenticity.ts';
import type { ReadBody } from './body.ts';
import { type Callback, parseCallback } from './callback.ts';
import { eventOf, type NewEvent } from './event.ts';
import { createPostFallback } from './fallback.ts';
import type { Ownership } from './ownership.ts';
import type { Recorder } from './recorder.ts';

export interface IntakeOptions extends AuthenticityOptions {
  readonly ownership: Ownership;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly acceptsForeignOrders: boolean;
  readonly forwardsTests: boolean;
  readonly dedupeWindowMs: number;
  /** False while starting and stopping: then nothing is recorded. */
  isOpen(): boolean;
}

/** A request on a callback path that has passed the guards. */
export interface Arriving {
  readonly target: string;
  readonly basePath: string;
  readonly method: 'GET' | 'POST';
  /** Whether the headers announce a body. */
  readonly hasBody: boolean;
  readBody(): Promise<ReadBody>;
  /** Calls back if the sender is gone before the answer was. */
  onUnanswered(react: () => void): void;
}

/** What it came to, for the answer and the log. `actual` is the type if valid, else empty; `cause` is for the log. */
export interface Taken {
  readonly answer: AnswerName;
  readonly actual: string;
  readonly paymentId: string | null;
  readonly eventId: string | null;
  readonly cause: unknown;
}

/** A function that takes one callback in. Rejects only for what nobody foresaw. */
export function createIntake(options: IntakeOptions): (arriving: Arriving) => Promise<Taken> {
  const fallback = createPostFallback(options.clock);

  return async (arriving) => {
    const proven = prove(arriving, options);
    if (proven.outcome === 'answered') return proven.taken;
    const { callback, verified } = proven;
    const { type, paymentId } = callback;

    const cameAtMs = options.clock.elapsed();
    const failed = () => fallback.failed(type, paymentId, cameAtMs);
    if (arriving.method === 'POST' && arriving.hasBody) arriving.onUnanswered(failed);
    const read = await arriving.readBody();
    if (read.outcome === 'too_large') return answered('body_too_large', callback);
    if (read.outcome !== 'read') return answered('body_too_slow', callback, read.outcome);

    if (paymentId !== null && (await options.ownership(paymentId)) === 'not_ours') {
      return answered(options.acceptsForeignOrders ? 'not_ours_accepted' : 'not_ours', callback);
    }

    const { body } = read;
    if (body === null && fallback.isAwaitingPost(type, paymentId)) {
      return answered('try_again', callback, 'the POST that failed is awaited');
    }
    const event = eventOf({ callback, body, method: arriving.method, verified }, options.dedupeWindowMs);
    const taken = await record(event, callback, options).catch((error: unknown) => {
      // Here, so that answer and log name the payment that met the defect.
      return answered('unhandled', callback, error);
    });
    if (taken.eventId !== null) fallback.taken(type, paymentId);
    else if (taken.answer === 'try_again' && arriving.method === 'POST' && body !== null) failed();
    return taken;
  };
}

type Proven =
  | { readonly outcome: 'proven'; readonly callback: Callback; readonly verified: Verified }
  | { readonly outcome: 'answered'; readonly taken: Taken };

/** Checks 3 and 4: what is it, and does it come from Resurs? */
function prove(arriving: Arriving, options: IntakeOptions): Proven {
  const parsed = parseCallback(arriving.target, arriving.basePath);
  if (parsed.outcome === 'unknown_path') return { outcome: 'answered', taken: answered('unknown_path', null) };
  if (parsed.outcome === 'malformed') {
    return { outcome: 'answered', taken: { ...answered('malformed', null, parsed.fault), actual: parsed.actual } };
  }
  const { callback } = parsed;
  const authenticity = judgeAuthenticity(callback, options, options.clock.now());
  switch (authenticity.outcome) {
    case 'authentic':
      return { outcome: 'proven', callback, verified: authenticity.verified };
    case 'rejected':
      return { outcome: 'answered', taken: answered('digest_rejected', callback) };
    case 'unproven_test':
      return { outcome: 'answered', taken: answered('test_taken', callback, 'unproven, not stored') };
  }
}

/** Check 7: the commit. */
async function record(event: NewEvent, callback: Callback, options: IntakeOptions): Promise<Taken> {
  if (!options.isOpen()) return answered('try_again', callback, 'starting or stopping');
  const isTest = callback.type === 'TEST';
  const recorded = await options.recorder.record(event, !isTest || options.forwardsTests);
  switch (recorded.outcome) {
    case 'recorded':
    case 'duplicate':
      return { ...answered(isTest ? 'test_taken' : recorded.outcome, callback), eventId: recorded.eventId };
    case 'limited':
      return answered('try_again', callback, 'MAX_EVENTS_PER_PAYMENT is reached');
    case 'overloaded':
      return answered('try_again', callback, 'too many callbacks wait for a commit');
    case 'unavailable':
      return answered('try_again', callback, recorded.error);
  }
}

function answered(answer: AnswerName, callback: Callback | null, cause: unknown = null): Taken {
  return { answer, actual: callback?.type ?? '', paymentId: callback?.paymentId ?? null, eventId: null, cause };
}
