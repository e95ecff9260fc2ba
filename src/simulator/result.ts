/**
 * How a simulated callback ended, made from the requests it took, and whether that is what docs/protocol.md promises.
 * The reason phrase counts twice: on the status line and in `x-callback-reason`. Proxies replace the phrase on the status line
 * with the standard one or none (docs/protocol.md), so those two are let pass; any other difference is a fault.
 */
import { STATUS_CODES } from 'node:http';
import type { ExpectedResponse, PlannedCallback } from './scenario.ts';
import type { Method, ReceiverResponse } from './send-callback.ts';

/** One request of a callback and what came back. */
export interface CallbackTry {
  readonly callback: PlannedCallback;
  readonly tryNumber: number;
  readonly method: Method;
  readonly answer: ReceiverResponse;
  /** True when Resurs never sees this answer, because the story loses it. */
  readonly lost: boolean;
}

/** How one callback ended. */
export interface SimulatedCallback {
  readonly label: string;
  readonly type: string;
  readonly paymentId: string | null;
  /** Callbacks with the same fact are one event for the receiver. */
  readonly fact: string;
  /** The methods used, in order of first use. */
  readonly methods: readonly Method[];
  /** The method of the request that brought the last answer; GET when there was none. */
  readonly method: Method;
  /** Null when the last request got no answer; `reason` then says why. */
  readonly status: number | null;
  readonly reason: string;
  /** The reason phrase on the status line. */
  readonly phrase: string;
  readonly tries: number;
  /** Requests answered 204, a lost answer included: the arrivals that the receiver must have kept. */
  readonly kept: number;
  readonly expected: ExpectedResponse;
  readonly asExpected: boolean;
}

/** Sums up a callback after its last request, or without one when there was nothing to make it from. */
export function summarizeCallback(callback: PlannedCallback, exchanges: readonly CallbackTry[]): SimulatedCallback {
  const last = exchanges.at(-1);
  const { label, type, paymentId, fact, expected } = callback;
  const seen = last === undefined ? NEVER_SENT : readAnswer(last.answer);
  return {
    label,
    type,
    paymentId,
    fact,
    methods: [...new Set(exchanges.map(({ method }) => method))],
    method: last?.method ?? 'GET',
    ...seen,
    tries: last?.tryNumber ?? 0,
    kept: exchanges.filter(({ answer }) => answer.outcome === 'answered' && answer.status === 204).length,
    expected,
    asExpected: seen.status === expected.status && seen.reason === expected.reason && isReasonPhraseExpected(seen),
  };
}

type SeenResponse = Pick<SimulatedCallback, 'status' | 'reason' | 'phrase'>;

const NEVER_SENT: SeenResponse = { status: null, reason: 'never sent: not registered', phrase: '' };

function readAnswer(answer: ReceiverResponse): SeenResponse {
  switch (answer.outcome) {
    case 'answered':
      return { status: answer.status, reason: answer.reason ?? answer.phrase, phrase: answer.phrase };
    case 'timed_out':
      return { status: null, reason: 'no answer within 5 s', phrase: '' };
    case 'unreachable':
      return { status: null, reason: `no answer (${answer.error})`, phrase: '' };
  }
}

/** True when the status line says the same as the header, or only what a proxy makes of it. */
function isReasonPhraseExpected({ status, reason, phrase }: SeenResponse): boolean {
  return phrase === reason || phrase === '' || (status !== null && phrase === STATUS_CODES[status]);
}
