/**
 * Faults that keep a request from the receiver behind a working proxy: the proxy responds itself or changes the
 * request, or the receiver refuses it. Service, database, proxy and TLS are real.
 */
import type { IncomingMessage } from 'node:http';
import { NAME, startShop } from '../helpers/doctor-site.ts';
import {
  closeConnection,
  hang,
  page,
  proxyResponding,
  proxyRewriting,
  type Row,
  redirect,
  testEachFault,
} from '../helpers/injected-faults.ts';

const PATH = '/callbacks/resurs';
const isPost = ({ method }: IncomingMessage) => method === 'POST';
const to = (location: string) => proxyResponding(redirect(location));
const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const OTHER_SOURCES = { service: { ALLOWED_SOURCES: '13.50.187.51' } };

const ROWS: readonly Row[] = [
  ['a slash is added by redirect', to(`${PATH}/?c=TEST`), 'callback-path', /adds or removes a trailing slash/],
  ['another host is redirected to', to(`https://www.shop.example${PATH}`), 'callback-path', /www\..* in PUBLIC_URL/],
  ['a login is redirected to', to('/customer/account/login?secret=1'), 'callback-path', /^Disable the login for/],
  ['the inner server insists on https', to(`https://${NAME}${PATH}?c=1`), 'callback-path', /X-Forwarded-Proto/],
  ['plain http is redirected to', to(`http://${NAME}${PATH}`), 'callback-path', /the rule that redirects to http/],
  ['the front page is redirected to', to('/'), 'callback-path', /without a redirect/],
  ['a redirect has an invalid target', to('https://'), 'callback-path', /without a redirect/],

  ['the shop responds with a page', proxyResponding(page(200)), 'callback-path', /before any shop page/],
  [
    'the web server does not know the path',
    proxyResponding(page(404)),
    'callback-path',
    /this receiver, with path and query/,
  ],
  ['a firewall refuses the request', proxyResponding(page(403)), 'callback-path', /exception .* firewall/],
  ['a rate limit is too low', proxyResponding(page(429)), 'callback-path', /exception .* rate limit/],
  ['the web server has a login of its own', proxyResponding(page(401)), 'callback-path', /own login for/],
  ['the receiver is not running', proxyResponding(page(502)), 'callback-path', /^Start the receiver/],
  ['the web server fails', proxyResponding(page(500)), 'callback-path', /log of the web server/],
  ['POST is refused', proxyResponding(page(405), isPost), 'callback-path', /pass on POST/],
  ['POST is cut off', proxyResponding(closeConnection, isPost), 'callback-path', /closes the connection/],
  ['the proxy never responds', proxyResponding(hang), 'callback-path', /reaches the receiver/],

  [
    'the proxy appends to the path',
    proxyRewriting((t) => t.replace('?', '/more/it?')),
    'callback-path',
    /path unchanged/,
  ],
  [
    'the proxy drops the query',
    proxyRewriting((target) => target.split('?')[0] ?? ''),
    'callback-path',
    /pass on the query string/,
  ],
  ['the proxy changes the status', { proxy: { restate: () => 200 } }, 'callback-path', /pass on the status/],
  ['ALLOWED_SOURCES excludes this machine', OTHER_SOURCES, 'warn callback-path', /at an address in ALLOWED_SOURCES/],
  ['doctor lacks the credentials', { doctor: NO_BASIC }, 'callback-path', /as the running service has them/],
];

testEachFault(ROWS, startShop);
