/** Settings of the requests that the service sends: proxies. Their names are those that other programs use. */
import { type Setting, secret, withDefault } from '../setting.ts';
import { hostPatterns } from '../types/lists.ts';
import { proxyUrl } from '../types/urls.ts';

/** The proxies of requests to the webhook, the order lookup and Resurs. */
export const OUTBOUND = {
  HTTP_PROXY: alsoInLowerCase(
    secret(
      proxyUrl(),
      'Proxy for requests to http URLs: to the webhook, the order lookup and Resurs. Also read as http_proxy.',
    ),
  ),
  HTTPS_PROXY: alsoInLowerCase(
    secret(proxyUrl(), 'Proxy for requests to https URLs, through a tunnel (CONNECT). Also read as https_proxy.'),
  ),
  NO_PROXY: alsoInLowerCase(
    withDefault(
      hostPatterns(),
      '',
      'Targets that are reached without a proxy. A name includes its subdomains. Also read as no_proxy.',
    ),
  ),
};

function alsoInLowerCase<S extends Setting<unknown>>(setting: S): S & { readonly lowerCase: true } {
  return { ...setting, lowerCase: true };
}
