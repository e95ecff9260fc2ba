/**
 * What an answer to a TEST callback says about the way. The receiver is told by the headers that every answer of it carries
 * (docs/protocol.md); a status without them is somebody else's, however good it looks: Resurs takes a shop page's 200
 * for delivered. What somebody else's answer means is left to foreign.ts.
 */
import { type Finding, fail, notLookedAt, warn } from './check.ts';
import { troubleWithForeign } from './foreign.ts';
import { PATIENCE_MS } from './handshake.ts';
import { printable } from './printable.ts';
import type { Answered, Reply } from './probe.ts';

/** What was asked, for the words of a finding. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  /** Without a query. */
  readonly callbackUrl: string;
  readonly hasCredentials: boolean;
  /** Where there are several. */
  readonly address?: string;
}

/** The request in a few words. */
export function nameOf({ method, callbackUrl, address }: Asked): string {
  return `${method} ${callbackUrl}${address === undefined ? '' : ` at ${address}`}`;
}

/** What is wrong with the answer to a TEST that should have been taken; null when it was. */
export function troubleWith(reply: Reply, asked: Asked): Finding | null {
  const what = nameOf(asked);
  switch (reply.outcome) {
    case 'not_connected':
      return notLookedAt(
        `no ${reply.see === 'tls' ? 'TLS connection' : 'connection that the public trusts'}`,
        reply.see,
      );
    case 'timed_out':
      return fail(
        `${what} is not answered within ${PATIENCE_MS / 1000} s; Resurs gives up after that and comes again.`,
        'Look whether the proxy reaches the receiver (HOST, PORT): that one answers within 4 s whatever happens.',
      );
    case 'broken_off':
      return fail(
        `${what} is cut off without an answer (${reply.code}).`,
        'Look into the logs of proxy and firewall, one of which closes the connection.',
      );
    case 'answered':
      return troubleWithAnswer(reply, what, asked);
  }
}

/** What a check says that cannot look because of `reply`; null when it can. `callback-path` has the details. */
export function obstacleOf(reply: Reply, asked: Asked): Finding | null {
  const trouble = troubleWith(reply, asked);
  if (trouble === null || trouble.status === 'warn' || reply.outcome === 'not_connected') return trouble;
  if (isUnauthorized(reply) && asked.hasCredentials) return trouble;
  return notLookedAt('the callback path is not answered as it should be', 'callback-path');
}

/** True for the receiver's own 401. */
export function isUnauthorized(reply: Reply): boolean {
  return reply.outcome === 'answered' && reply.status === 401 && reply.receiver !== null;
}

function troubleWithAnswer(reply: Answered, what: string, asked: Asked): Finding | null {
  const { status, receiver } = reply;
  if (receiver === null) return troubleWithForeign(reply, what, asked);
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
        ? notLookedAt('the receiver does not get the right credentials', 'authorization')
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
