/** Explains why a simulated callback was not taken, and what to do. Pure. */
import type { DispatchedResult } from './probe/dispatched.ts';
import type { ProbeResponse } from './probe/http.ts';
import { explainOtherServer } from './probe/other-server.ts';
import { describeProbe, type ProbeInfo } from './probe/test-request.ts';

export interface SimulationProblem {
  readonly message: string;
  /** An instruction. */
  readonly fix: string;
}

/** Returns the problem; null when this receiver, or another one, has taken the callback. */
export function problemOfResult(
  result: DispatchedResult,
  info: ProbeInfo,
  timeoutMs: number,
): SimulationProblem | null {
  const probe = describeProbe(info);
  switch (result.outcome) {
    case 'timed_out':
      return { message: `${probe}: no response within ${timeoutMs / 1000} s.`, fix: LOOK_AT_WAY };
    case 'no_response':
      return { message: `${probe}: no response (${result.code}).`, fix: LOOK_AT_WAY };
    case 'answered':
      return problemOfResponse(result.response, probe, info);
  }
}

const LOOK_AT_WAY =
  'Look where PUBLIC_URL leads: receiver doctor --only dns,tls,certificate,callback-path says more. This machine needs a way to it.';

function problemOfResponse(response: ProbeResponse, probe: string, info: ProbeInfo): SimulationProblem | null {
  const { status, receiver } = response;
  if (receiver === null) {
    const { reason, fix } = explainOtherServer(response, probe, info);
    return { message: reason, fix: fix ?? LOOK_AT_WAY };
  }
  if (String(status) !== receiver.status) {
    return {
      message: `${probe}: the receiver gave another status than ${status}, which arrived.`,
      fix: 'Configure the proxy to pass on the status unchanged: it tells Resurs whether to retry.',
    };
  }
  if (status === 204) return null;
  return { message: `${probe}: the receiver refuses the callback with ${status}.`, fix: FIXES[status] ?? LOOK_AT_LOG };
}

const LOOK_AT_LOG = 'Look for callback.received in the log: its reason says why.';

const FIXES: Readonly<Record<number, string>> = {
  401: 'Restart the service with these settings; if it runs with them, let the proxy pass on Authorization and query unchanged.',
  403: 'ALLOWED_SOURCES excludes this machine: add its address while you try, or leave it to Resurs with receiver trigger-test.',
  404: 'Restart the service with these settings; if it runs with them, let the proxy pass on the path unchanged.',
  406: 'Restart the service with these salts; if it runs with them, let the proxy pass on the query unchanged.',
  503: 'The service starts, stops, or cannot store now: look at /readyz.',
};
