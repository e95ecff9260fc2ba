/**
 * What it means that something else than the receiver answered on the callback path, told by the status alone: the page behind
 * it is not read. The usual ones have a fix of their own; shown of a redirect is where it leads, without its query.
 */
import { printable } from '../../lib/printable.ts';
import { type Finding, fail } from '../check.ts';
import type { ProbeResponse } from './http.ts';
import type { ProbeInfo } from './test-request.ts';

/** For an answer without the receiver's headers; `what` names the request. */
export function explainOtherServer({ status, location }: ProbeResponse, what: string, asked: ProbeInfo): Finding {
  if (status >= 300 && status < 400) return explainRedirect({ status, location }, what, asked);

  const path = new URL(asked.callbackUrl).pathname;
  if (status >= 200 && status < 300) {
    return fail(
      `${what} is answered ${status} by something else, which Resurs takes for delivered: the callback is lost.`,
      `Let the proxy hand ${path} to this receiver before any shop page or catch-all.`,
    );
  }
  return fail(`${what} is answered ${status} by something else than this receiver.`, fixFor(status, path, asked));
}

function fixFor(status: number, path: string, { method }: ProbeInfo): string {
  switch (status) {
    case 401:
      return `Take the web server's own login off ${path}: callbacks know only the credentials of BASIC_AUTH_….`;
    case 403:
    case 406:
    case 429:
      return `Make an exception for ${path} in the firewall, bot protection or rate limit of the web server.`;
    case 404:
    case 410:
      return `Let the proxy hand ${path} to this receiver, with path and query unchanged.`;
    case 405:
    case 501:
      return `Let the proxy pass on ${method} for ${path}: BOOKED and UPDATE come as POST, the others as GET.`;
    case 502:
    case 503:
    case 504:
      return 'Start the receiver, and look whether the proxy forwards to its HOST and PORT.';
    default:
      return `Look into the log of the web server or proxy that answers ${path}.`;
  }
}

function explainRedirect(
  { status, location }: Pick<ProbeResponse, 'status' | 'location'>,
  what: string,
  { callbackUrl }: ProbeInfo,
): Finding {
  const from = new URL(callbackUrl);
  const to = URL.parse(location ?? '', callbackUrl);
  const where = to === null ? 'nowhere' : printable(`${to.origin}${to.pathname}`);
  const reason = `${what} is redirected (${status}) to ${where}; Resurs follows no redirect.`;
  return fail(reason, fixForRedirect(from, to));
}

const LOGIN = /\b(?:log-?in|sign-?in|auth|account|session|sso)\b/i;

function fixForRedirect(from: URL, to: URL | null): string {
  const path = from.pathname;
  if (to === null) return `Let the proxy hand ${path} to this receiver without a redirect.`;
  if (LOGIN.test(to.pathname) && !LOGIN.test(path)) return `Take the login off ${path}: Resurs cannot sign in.`;
  if (to.host !== from.host)
    return `Make an exception for ${path}, or write ${printable(to.host)} in PUBLIC_URL and register again.`;
  if (to.protocol === 'http:') return `Make an exception for ${path} from the rule that leads to http.`;
  if (to.pathname === path) {
    return `Tell the web server behind the proxy that the request came over https (X-Forwarded-Proto), or except ${path}.`;
  }
  if (to.pathname.replace(/\/+$/, '') === path.replace(/\/+$/, '')) {
    return `Make an exception for ${path} from the rule that adds or removes a slash at the end.`;
  }
  return `Let the proxy hand ${path} to this receiver without a redirect.`;
}
