/**
 * Interprets the response to a TEST callback. The receiver is recognized by the headers of all its responses
 * (docs/protocol.md). A status without them came from another server, however good it looks: Resurs treats a shop
 * page's 200 as delivered. other-server.ts explains those responses.
 */
import { printable } from '../../lib/printable.ts';
import { RESURS_TIMEOUT_MS } from '../../protocol/ecom/timing.ts';
import { type Finding, fail, skip, warn } from '../check.ts';
import type { ProbeResponse, ProbeResult } from './http.ts';
import { explainOtherServer } from './other-server.ts';
import { describeProbe, type ProbeInfo } from './test-request.ts';

/** Explains why a TEST that should have been accepted was not; null when it was. */
export function explainFailure(result: ProbeResult, info: ProbeInfo): Finding | null {
  const probe = describeProbe(info);
  switch (result.outcome) {
    case 'not_connected':
      return skip(`no ${result.see === 'tls' ? 'TLS connection' : 'publicly trusted TLS connection'}`, result.see);
    case 'timed_out':
      return fail(
        `${probe}: no response within ${RESURS_TIMEOUT_MS / 1000} s, after which Resurs gives up and retries later.`,
        'Check that the proxy reaches the receiver (HOST, PORT), which always responds within 4 s.',
      );
    case 'broken_off':
      return fail(
        `${probe}: the connection ended without a response (${result.code}).`,
        'Check the logs of the proxy and the firewall: one of them closes the connection.',
      );
    case 'answered':
      return explainResponse(result, probe, info);
  }
}

/** Returns the finding of a check that `result` prevents; null when it can go on. `callback-path` has the details. */
export function blockedBy(result: ProbeResult, info: ProbeInfo): Finding | null {
  const failure = explainFailure(result, info);
  if (failure === null || result.outcome === 'not_connected') return failure;
  if (isUnauthorized(result) && info.hasCredentials) return failure;
  const why = failure.status === 'warn' ? 'cannot be tested now' : 'does not respond as it should';
  return skip(`the callback path ${why}`, 'callback-path');
}

/** Returns whether it is the receiver's own 401. */
export function isUnauthorized(result: ProbeResult): boolean {
  return result.outcome === 'answered' && result.status === 401 && result.receiver !== null;
}

function explainResponse(response: ProbeResponse, probe: string, info: ProbeInfo): Finding | null {
  const { status, receiver } = response;
  if (receiver === null) return explainOtherServer(response, probe, info);
  if (String(status) !== receiver.status) {
    return fail(
      `${probe}: the receiver responded ${printable(receiver.status)}, but ${status} arrived.`,
      'Configure the proxy to pass on the status unchanged: it tells Resurs whether to retry.',
    );
  }

  const responds = `The receiver responds to ${probe} with ${status} (${printable(receiver.reason)})`;
  switch (status) {
    case 204:
      return null;
    case 400:
      return fail(
        `${responds}.`,
        'Configure the proxy to pass on the query string: it holds the type and the values of the callback.',
      );
    case 401:
      return info.hasCredentials
        ? skip('the receiver does not get the right credentials', 'authorization')
        : fail(`${responds}.`, 'Set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD here as the running service has them.');
    case 403:
      return warn(
        'The public URL leads to this receiver, but ALLOWED_SOURCES excludes this machine: what follows cannot be tested.',
        'Run doctor at an address in ALLOWED_SOURCES, or add the address of this machine temporarily.',
      );
    case 404:
      return fail(`${responds}.`, 'Configure the proxy to pass on the path unchanged, with nothing added or removed.');
    case 405:
      return fail(`${responds}.`, 'Configure the proxy to pass on the method unchanged.');
    case 408:
    case 413:
      return fail(`${responds}.`, 'Configure the proxy to pass on the body of a POST unchanged.');
    case 503:
      return warn(
        `${responds}: it is starting or stopping, or its database is unavailable.`,
        'See database, then run doctor again.',
      );
    default:
      return fail(`${responds}.`, 'Look for callback.received in the log of the running service.');
  }
}
