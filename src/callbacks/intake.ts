/**
 * The way of one callback from its request line to its answer: form, proof, body, order, commit, in this order. Nothing
 * that failed a check is written, and no check runs before the ones above it have passed.
 */
import type { Clock } from '../clock.ts';
import type { Verified } from '../db/schema.ts';
import { type AuthenticityOptions, judgeAuthenticity } from './authenticity.ts';
import type { ReadBody } from './body.ts';
import { type Callback, parseCallback } from './callback.ts';
import { eventOf, type NewEvent } from './event.ts';
import { createPostFallback } from './fallback.ts';
import { type ForeignOptions, refuseForeign } from './foreign.ts';
import type { Recorder } from './recorder.ts';
import { answered, type Taken } from './taken.ts';

export type { Taken } from './taken.ts';

/** A second below the 4 s that every answer has (docs/protocol.md): hundreds of them may have to be written at once. */
const ANSWER_PATIENCE_MS = 3_000;

export interface IntakeOptions extends AuthenticityOptions, ForeignOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
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

    const { body } = read;
    const { method } = arriving;
    const event = eventOf({ callback, body, method, verified }, options.dedupeWindowMs);
    const isPutOff = body === null && fallback.isAwaitingPost(type, paymentId);
    const taken = await take({ callback, event, isPutOff }, options).catch((error: unknown) => {
      // Here, so that answer and log name the payment that met the defect.
      return answered('unhandled', callback, error);
    });
    if (taken.eventId !== null) fallback.taken(type, paymentId);
    else if (taken.answer === 'try_again' && method === 'POST' && body !== null) failed();
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

interface Proof {
  readonly callback: Callback;
  readonly event: NewEvent;
  /** A POST of the same callback has failed and is to come again first. */
  readonly isPutOff: boolean;
}

/** Checks 6 and 7: is the order ours, and is the event committed? */
async function take({ callback, event, isPutOff }: Proof, options: IntakeOptions): Promise<Taken> {
  if (!options.isOpen()) return answered('try_again', callback, 'starting or stopping');
  const beganAtMs = options.clock.elapsed();
  const foreign = await refuseForeign(callback, options, ANSWER_PATIENCE_MS);
  if (foreign !== null) return foreign;
  if (isPutOff) return answered('try_again', callback, 'the POST that failed is awaited');

  const patienceMs = Math.max(0, ANSWER_PATIENCE_MS - (options.clock.elapsed() - beganAtMs));
  const isTest = callback.type === 'TEST';
  const deliver = !isTest || options.forwardsTests;
  const recorded = await options.recorder.record(event, { deliver, patienceMs });
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
