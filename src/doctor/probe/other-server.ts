/**
 * Explains a response on the callback path that did not come from the receiver. It goes by the status alone: the page
 * behind it is not read. Common cases have a fix of their own. The target of a redirect is shown without its query.
 */
import { printable } from '../../lib/printable.ts';
import { type Finding, fail } from '../check.ts';
import type { ProbeResponse } from './http.ts';
import type { ProbeInfo } from './test-request.ts';

/** Explains a response without the receiver's headers; `probe` describes the request. */
export function explainOtherServer({ status, location }: ProbeResponse, probe: string, info: ProbeInfo): Finding {
  if (status >= 300 && status < 400) return explainRedirect({ status, location }, probe, info);

  const path = new URL(info.callbackUrl).pathname;
  if (status >= 200 && status < 300) {
    return fail(
      `${probe}: ${status} came from another server; Resurs will treat the callback as delivered and it is lost.`,
      `Route ${path} to this receiver before any shop page or catch-all.`,
    );
  }
  return fail(`${probe}: ${status} came from another server, not from this receiver.`, fixFor(status, path, info));
}

function fixFor(status: number, path: string, { method }: ProbeInfo): string {
  switch (status) {
    case 401:
      return `Disable the web server's own login for ${path}: callbacks carry only the credentials of BASIC_AUTH_….`;
    case 403:
    case 406:
    case 429:
      return `Make an exception for ${path} in the firewall, bot protection or rate limit of the web server.`;
    case 404:
    case 410:
      return `Route ${path} to this receiver, with path and query unchanged.`;
    case 405:
    case 501:
      return `Configure the proxy to pass on ${method} for ${path}: BOOKED and UPDATE come as POST, the others as GET.`;
    case 502:
    case 503:
    case 504:
      return 'Start the receiver, and check that the proxy forwards to its HOST and PORT.';
    default:
      return `Check the log of the web server or proxy that responds at ${path}.`;
  }
}

function explainRedirect(
  { status, location }: Pick<ProbeResponse, 'status' | 'location'>,
  probe: string,
  { callbackUrl }: ProbeInfo,
): Finding {
  const from = new URL(callbackUrl);
  const to = URL.parse(location ?? '', callbackUrl);
  const where = to === null ? 'an invalid URL' : printable(`${to.origin}${to.pathname}`);
  const reason = `${probe}: redirected (${status}) to ${where}; Resurs follows no redirect.`;
  return fail(reason, fixForRedirect(from, to));
}

const LOGIN = /\b(?:log-?in|sign-?in|auth|account|session|sso)\b/i;

function fixForRedirect(from: URL, to: URL | null): string {
  const path = from.pathname;
  if (to === null) return `Route ${path} to this receiver without a redirect.`;
  if (LOGIN.test(to.pathname) && !LOGIN.test(path)) return `Disable the login for ${path}: Resurs cannot sign in.`;
  if (from.protocol === 'http:' && to.protocol === 'https:')
    return 'Write https:// in PUBLIC_URL: Resurs calls nothing else.';
  if (to.host !== from.host)
    return `Make an exception for ${path}, or use ${printable(to.host)} in PUBLIC_URL and register again.`;
  if (from.protocol !== to.protocol) return `Make an exception for ${path} in the rule that redirects to http.`;
  if (to.pathname === path) {
    return `Tell the web server behind the proxy that the request came over https (X-Forwarded-Proto), or make an exception for ${path}.`;
  }
  if (to.pathname.replace(/\/+$/, '') === path.replace(/\/+$/, '')) {
    return `Make an exception for ${path} in the rule that adds or removes a trailing slash.`;
  }
  return `Route ${path} to this receiver without a redirect.`;
}
