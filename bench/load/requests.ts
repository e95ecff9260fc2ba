/**
 * Renders the callbacks of the load as the bytes of HTTP requests, signed as Resurs signs them. Half of them are POSTs
 * with a JSON body, every tenth one is a repeat. The same run always gives the same bytes. Pure.
 */
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { bookedBody, updateBody } from '../../src/simulator/callbacks.ts';

/** Callbacks among which a repeat is chosen; also the distance between two events of a payment. */
const MEMORY = 1_000;
const REPEAT_EVERY = 10;
/** Any time, but fixed: it is part of the deduplication key of an UPDATE. */
const CREATED_AT_MS = 1_700_000_000_000;

export interface RequestOptions {
  /** Prefix of every payment id, so that two runs never share a payment. */
  readonly run: string;
  readonly path: string;
  readonly salt: string;
  /**
   * True: a payment has four events, a thousand callbacks apart. False: one event. Without deliveries, each further
   * event would only be queued behind the first.
   */
  readonly isRepeated: boolean;
}

/** The callbacks of a payment, in order: POST, GET, POST, GET. */
const STEPS = ['BOOKED', 'UNFREEZE', 'UPDATE', 'FINALIZATION'] as const;

/** Returns a function that renders the next request at each call, without end. */
export function createRequests(options: RequestOptions): () => Buffer {
  const memory: Buffer[] = [];
  const randomBelow = createRandom();
  let sent = 0;
  let made = 0;

  return () => {
    sent += 1;
    if (sent % REPEAT_EVERY === 0) return memory[randomBelow(memory.length)] ?? callback(options, made++);
    const fresh = callback(options, made);
    memory[made % MEMORY] = fresh;
    made += 1;
    return fresh;
  };
}

function callback({ run, path, salt, isRepeated }: RequestOptions, number: number): Buffer {
  const step = number % STEPS.length;
  const type = STEPS[step] ?? 'BOOKED';
  // Counted in payments, each step lags the previous one by a quarter of the memory.
  const payment = isRepeated ? Math.floor(number / STEPS.length) - step * (MEMORY / STEPS.length) : number;
  return renderCallback(type, `${run}-${payment}`, { path, salt });
}

/** Returns the bytes of one callback. UPDATE and BOOKED are POSTs with a body, the others GETs. */
export function renderCallback(
  type: (typeof STEPS)[number],
  paymentId: string,
  { path, salt }: Pick<RequestOptions, 'path' | 'salt'>,
): Buffer {
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

/** Returns integers below a bound, the same ones in every run (Park and Miller's generator). */
function createRandom(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
