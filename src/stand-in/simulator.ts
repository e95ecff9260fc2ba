/**
 * Plays Resurs against a receiver: brings every callback of a story home, as Resurs would, and reports how each one ended.
 * A failed POST is followed by a GET of the same URL at once, a failed try by the next one of Resurs' schedule. Nothing here
 * prints or judges beyond "is this the answer that was promised". Callbacks of one track never overtake each other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { basicHeader, type Registration } from '../resurs/registration.ts';
import { type Exchange, type SimulatedCallback, summarise } from './endings.ts';
import { callUrl, type Facts, spoiled } from './fill.ts';
import { MOST_TRIES, waitBeforeTryMs } from './schedule.ts';
import { type Method, type Shot, shoot } from './sender.ts';
import type { PlannedCallback, SimulatedType, Track } from './story.ts';

export interface SimulationOptions {
  readonly story: readonly Track[];
  /** What is registered for a type now; null when nothing is, and nothing can be sent. */
  readonly registrationOf: (type: SimulatedType) => Registration | null;
  /**
   * Whether URL and digest are made once, when a callback begins, or anew at each try (left out), which then ends when
   * nothing is registered any more. Which of them Resurs does is documented nowhere.
   */
  readonly rendering?: Rendering;
  /** How many times faster than Resurs' clock; the patience for one answer stays as it is. */
  readonly speed: number;
  /** Tries of one callback at most, the first included. */
  readonly attempts: number;
  /** Tracks at once. */
  readonly concurrency: number;
  readonly onAnswered?: (exchange: Exchange) => void;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** When URL and digest of a callback are made. */
export type Rendering = 'queued' | 'each_try';

/** A refusal that was promised is asked for again a few times only: enough to see that it stays one. */
const TRIES_FOR_A_REFUSAL = 3;

/** What the tries of one simulation share. */
interface Stage extends SimulationOptions {
  readonly dispatcher: Dispatcher;
  readonly stop: AbortSignal;
}

/**
 * Runs the whole story and returns the callbacks in the story's order. Never throws for what the receiver does. When `signal`
 * ends it early, callbacks that were cut or not begun are left out; nothing is in flight any more on return.
 */
export async function runSimulation(options: SimulationOptions): Promise<SimulatedCallback[]> {
  const dispatcher = new Agent();
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const stage: Stage = { ...options, dispatcher, stop };
  const ended: SimulatedCallback[][] = options.story.map(() => []);
  const waiting = options.story.entries();
  const worker = async (): Promise<void> => {
    for (const [index, track] of waiting) await playTrack(stage, track, ended[index] ?? []);
  };

  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    over.abort();
    await dispatcher.destroy();
  }
  return ended.flat();
}

async function playTrack(stage: Stage, track: Track, ended: SimulatedCallback[]): Promise<void> {
  for (const callback of track) ended.push(await playCallback(stage, callback));
}

/** Tries by the schedule until an answer below 300, the last try, or a try without a registration. */
async function playCallback(stage: Stage, callback: PlannedCallback): Promise<SimulatedCallback> {
  const queued = stage.registrationOf(callback.type);
  const current = stage.rendering === 'queued' ? () => queued : () => stage.registrationOf(callback.type);
  const most = callback.expected.status < 300 ? MOST_TRIES : TRIES_FOR_A_REFUSAL;
  const tries = Math.max(1, Math.min(stage.attempts, most));
  const sleep = stage.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const exchanges: Exchange[] = [];
  for (let tryNumber = 1; tryNumber <= tries; tryNumber += 1) {
    if (tryNumber > 1) await sleep(waitBeforeTryMs(tryNumber, stage.speed), stage.stop);
    const registration = current();
    if (registration === null || (await playTry(stage, { callback, tryNumber, registration }, exchanges))) break;
  }

  return summarise(callback, exchanges);
}

/** One try of a callback, and what it is made from. */
interface Try extends Pick<Exchange, 'callback' | 'tryNumber'> {
  readonly registration: Registration;
}

/** One try: the POST if there is a body, and the GET of the same URL unless that was delivered. True when delivered. */
async function playTry(
  stage: Stage,
  { callback, tryNumber, registration }: Try,
  exchanges: Exchange[],
): Promise<boolean> {
  const methods: readonly Method[] = callback.body === null ? ['GET'] : ['POST', 'GET'];
  for (const method of methods) {
    const answer = await shoot(stage.dispatcher, shotOf({ callback, tryNumber, registration }, method), stage.stop);
    const lost = callback.fault === 'answer_lost' && tryNumber === 1 && method === 'POST';
    const exchange: Exchange = { callback, tryNumber, method, answer, lost };
    exchanges.push(exchange);
    stage.onAnswered?.(exchange);
    if (!lost && answer.outcome === 'answered' && answer.status < 300) return true;
  }
  return false;
}

function shotOf({ callback, tryNumber, registration }: Try, method: Method): Shot {
  return {
    method,
    tryNumber,
    url: callUrl(registration, factsOf(callback), callback.fault === 'wrong_digest' ? spoiled : undefined),
    body: method === 'POST' ? callback.body : null,
    authorization: registration.basic === null ? null : basicHeader(registration.basic),
  };
}

function factsOf({ paymentId, result, values }: PlannedCallback): Facts {
  return new Map<string, string | null>([
    ['paymentId', paymentId],
    ['result', result],
    ...values.map((value, index): [string, string] => [`param${index + 1}`, value]),
  ]);
}
