/**
 * The result of a simulated callback, computed from its requests, and whether it is the one that docs/protocol.md
 * documents. The reason phrase comes twice: on the status line and in `x-callback-reason`. Proxies replace the phrase
 * on the status line with the standard one or remove it (docs/protocol.md), so both are accepted; any other difference
 * is unexpected.
 */
import { STATUS_CODES } from 'node:http';
import type { ExpectedResponse } from './expected.ts';
import type { Method, ReceiverResponse } from './send-callback.ts';

/** The parts of a callback that a report shows, whichever interface it is of. */
export interface ReportedCallback {
  readonly label: string;
  readonly type: string;
  readonly paymentId: string | null;
  /** The shop's reference of the order; of an eCom callback the paymentId. */
  readonly orderReference: string | null;
  /** FROZEN or THAWED; of the Merchant API the status or the action. */
  readonly result: string | null;
  /** Callbacks with the same fact are one event for the receiver. */
  readonly fact: string;
  readonly expected: ExpectedResponse;
}

/** One request of a callback and its response. */
export interface CallbackTry {
  readonly callback: ReportedCallback;
  readonly tryNumber: number;
  readonly method: Method;
  readonly response: ReceiverResponse;
  /** True when Resurs never sees this response, because the scenario loses it. */
  readonly lost: boolean;
}

/** How one callback ended. */
export interface SimulatedCallback extends ReportedCallback {
  /** The methods used, in order of first use. */
  readonly methods: readonly Method[];
  /** The method of the last request; GET when there was none. */
  readonly method: Method;
  /** Null when the last request got no response; `reason` then says why. */
  readonly status: number | null;
  readonly reason: string;
  /** The reason phrase on the status line. */
  readonly phrase: string;
  readonly tries: number;
  /** Requests with a 204 response, including a lost one: the requests that the receiver must have stored. */
  readonly kept: number;
  /** True when Resurs should have sent it, and never did: a simulation was told to lose it. */
  readonly lost: boolean;
  readonly asExpected: boolean;
}

/** Summarizes a callback after its last request; `tries` is empty when nothing was registered to send it to. */
export function summarizeCallback(callback: ReportedCallback, tries: readonly CallbackTry[]): SimulatedCallback {
  const last = tries.at(-1);
  const { expected } = callback;
  const seen = last === undefined ? NEVER_SENT : toSeenResponse(last.response);
  return {
    ...reportedParts(callback),
    methods: [...new Set(tries.map(({ method }) => method))],
    method: last?.method ?? 'GET',
    ...seen,
    tries: last?.tryNumber ?? 0,
    kept: tries.filter(({ response }) => response.outcome === 'answered' && response.status === 204).length,
    lost: false,
    asExpected: seen.status === expected.status && seen.reason === expected.reason && isReasonPhraseExpected(seen),
  };
}

/** A callback that never came, on purpose. */
export function lostCallback(callback: ReportedCallback): SimulatedCallback {
  const never = { methods: [], method: 'GET', status: null, reason: 'lost', phrase: '', tries: 0, kept: 0 } as const;
  return { ...reportedParts(callback), ...never, lost: true, asExpected: true };
}

function reportedParts(callback: ReportedCallback): ReportedCallback {
  const { label, type, paymentId, orderReference, result, fact, expected } = callback;
  return { label, type, paymentId, orderReference, result, fact, expected };
}

type SeenResponse = Pick<SimulatedCallback, 'status' | 'reason' | 'phrase'>;

const NEVER_SENT: SeenResponse = { status: null, reason: 'never sent: not registered', phrase: '' };

function toSeenResponse(response: ReceiverResponse): SeenResponse {
  switch (response.outcome) {
    case 'answered':
      return { status: response.status, reason: response.reason ?? response.phrase, phrase: response.phrase };
    case 'timed_out':
      return { status: null, reason: 'no response within 5 s', phrase: '' };
    case 'unreachable':
      return { status: null, reason: `no response (${response.error})`, phrase: '' };
  }
}

/** True when the status line has the phrase of the header, or one that proxies put in its place. */
function isReasonPhraseExpected({ status, reason, phrase }: SeenResponse): boolean {
  return phrase === reason || phrase === '' || (status !== null && phrase === STATUS_CODES[status]);
}
