/**
 * The callbacks of the load as the bytes of HTTP requests, signed as Resurs signs them: half of them POSTs with a JSON
 * body, every tenth one a repeat. The same run always gives the same bytes. Pure.
 */
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { bookedBody, updateBody } from '../../src/simulator/callbacks.ts';

/** Callbacks from which a repeat is drawn, and between two events of a payment. */
const MEMORY = 1_000;
const REPEAT_EVERY = 10;
/** Any instant; fixed, since it is part of what makes an UPDATE the same. */
const CREATED_AT_MS = 1_700_000_000_000;

export interface RequestOptions {
  /** Begins every payment's id: two runs never meet. */
  readonly run: string;
  readonly path: string;
  readonly salt: string;
  /**
   * Whether a payment has four events, a thousand callbacks apart, or only one. Where nothing is delivered each further
   * event would only queue up behind the first.
   */
  readonly comesBack: boolean;
}

/** The steps of a payment's life, in turn: POST, GET, POST, GET. */
const STEPS = ['BOOKED', 'UNFREEZE', 'UPDATE', 'FINALIZATION'] as const;

/** A function that gives the next request at each call, without end. */
export function createRequests(options: RequestOptions): () => Buffer {
  const memory: Buffer[] = [];
  const chance = createChance();
  let sent = 0;
  let made = 0;

  return () => {
    sent += 1;
    if (sent % REPEAT_EVERY === 0) return memory[chance(memory.length)] ?? callback(options, made++);
    const fresh = callback(options, made);
    memory[made % MEMORY] = fresh;
    made += 1;
    return fresh;
  };
}

function callback({ run, path, salt, comesBack }: RequestOptions, number: number): Buffer {
  const step = number % STEPS.length;
  const type = STEPS[step] ?? 'BOOKED';
  // Each step is a quarter of the memory behind the one before it, counted in payments.
  const payment = comesBack ? Math.floor(number / STEPS.length) - step * (MEMORY / STEPS.length) : number;
  const paymentId = `${run}-${payment}`;
  const target = `${path}?c=${type}&t=1700000000&p=${paymentId}&d=${computeDigest('sha1', paymentId, salt)}`;
  const body = bodyOf(type, paymentId);
  if (body === null) return Buffer.from(`GET ${target} HTTP/1.1\r\nHost: receiver\r\n\r\n`);
  return Buffer.from(
    `POST ${target} HTTP/1.1\r\nHost: receiver\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function bodyOf(type: (typeof STEPS)[number], paymentId: string): string | null {
  if (type === 'BOOKED') return bookedBody(1);
  return type === 'UPDATE' ? updateBody('DEBIT', paymentId, CREATED_AT_MS) : null;
}

/** Whole numbers below a bound, the same ones in every run (Park and Miller's generator). */
function createChance(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
