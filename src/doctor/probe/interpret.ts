/**
 * What an answer to a TEST callback says about the way. The receiver is told by the headers that every answer of it carries
 * (docs/protocol.md); a status without them is somebody else's, however good it looks: Resurs takes a shop page's 200
 * for delivered. What somebody else's answer means is left to foreign.ts.
 */
import { printable } from '../../lib/printable.ts';
import { type Finding, fail, skip, warn } from '../check.ts';
import type { ProbeResponse, ProbeResult } from './http.ts';
import { explainOtherServer } from './other-server.ts';
import { describeProbe, type ProbeInfo } from './test-request.ts';
import { RESURS_TIMEOUT_MS } from './tls.ts';

/** What is wrong with the answer to a TEST that should have been taken; null when it was. */
export function explainFailure(reply: ProbeResult, asked: ProbeInfo): Finding | null {
  const what = describeProbe(asked);
  switch (reply.outcome) {
    case 'not_connected':
      return skip(`no ${reply.see === 'tls' ? 'TLS connection' : 'connection that the public trusts'}`, reply.see);
    case 'timed_out':
      return fail(
        `${what} is not answered within ${RESURS_TIMEOUT_MS / 1000} s; Resurs gives up after that and comes again.`,
        'Look whether the proxy reaches the receiver (HOST, PORT): that one answers within 4 s whatever happens.',
      );
    case 'broken_off':
      return fail(
        `${what} is cut off without an answer (${reply.code}).`,
        'Look into the logs of proxy and firewall, one of which closes the connection.',
      );
    case 'answered':
      return explainResponse(reply, what, asked);
  }
}

/** What a check says that cannot look because of `reply`; null when it can. `callback-path` has the details. */
export function blockedBy(reply: ProbeResult, asked: ProbeInfo): Finding | null {
  const trouble = explainFailure(reply, asked);
  if (trouble === null || trouble.status === 'warn' || reply.outcome === 'not_connected') return trouble;
  if (isUnauthorized(reply) && asked.hasCredentials) return trouble;
  return skip('the callback path is not answered as it should be', 'callback-path');
}

/** True for the receiver's own 401. */
export function isUnauthorized(reply: ProbeResult): boolean {
  return reply.outcome === 'answered' && reply.status === 401 && reply.receiver !== null;
}

function explainResponse(reply: ProbeResponse, what: string, asked: ProbeInfo): Finding | null {
  const { status, receiver } = reply;
  if (receiver === null) return explainOtherServer(reply, what, asked);
  if (String(status) !== receiver.status) {
    return fail(
      `${what} is answered ${status}, but the receiver said ${printable(receiver.status)}.`,
      'Let the proxy pass on the status as it is: by it Resurs knows whether to come again.',
    );
  }

  const itSays = `The receiver answers ${what} with ${status} (${printable(receiver.reason)})`;
  switch (status) {
    case 204:
      return null;
    case 400:
      return fail(`${itSays}.`, 'Let the proxy pass on the query string: type and values stand in it.');
    case 401:
      return asked.hasCredentials
        ? skip('the receiver does not get the right credentials', 'authorization')
        : fail(`${itSays}.`, 'Set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD here as the running service has them.');
    case 403:
      return warn(
        'The way leads to this receiver, but this machine is not in ALLOWED_SOURCES: the rest could not be looked at.',
        'Run doctor where ALLOWED_SOURCES lets it in, or add the address of this machine for as long as it takes.',
      );
    case 404:
      return fail(`${itSays}.`, 'Let the proxy pass on the path unchanged, with nothing added or cut off.');
    case 405:
      return fail(`${itSays}.`, 'Let the proxy pass on the method unchanged.');
    case 408:
    case 413:
      return fail(`${itSays}.`, 'Let the proxy pass on the body of a POST unchanged.');
    case 503:
      return warn(
        `${itSays}: it is starting, stopping, or its database is away.`,
        'See database, then run doctor again.',
      );
    default:
      return fail(`${itSays}.`, 'Look for callback.received in the log of the running service.');
  }
}
