/**
 * Everything that keeps a request from reaching the receiver behind a proxy that works: the proxy answers by itself, changes
 * what it passes on, or the receiver itself says no. Service, database, proxy and TLS are real.
 */
import type { IncomingMessage } from 'node:http';
import { NAME, startShop } from '../helpers/doctor-site.ts';
import { answering, cut, hang, page, plantEach, type Row, redirect, rewriting } from '../helpers/injected-faults.ts';

const PATH = '/callbacks/resurs';
const isPost = ({ method }: IncomingMessage) => method === 'POST';
const to = (location: string) => answering(redirect(location));
const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const STRANGER = { service: { ALLOWED_SOURCES: '13.50.187.51' } };

const ROWS: readonly Row[] = [
  ['a slash is added by redirect', to(`${PATH}/?c=TEST`), 'callback-path', /adds or removes a slash/],
  ['another host is redirected to', to(`https://www.shop.example${PATH}`), 'callback-path', /www\..* in PUBLIC_URL/],
  ['a login is redirected to', to('/customer/account/login?secret=1'), 'callback-path', /^Take the login off/],
  ['the inner server insists on https', to(`https://${NAME}${PATH}?c=1`), 'callback-path', /X-Forwarded-Proto/],
  ['plain http is redirected to', to(`http://${NAME}${PATH}`), 'callback-path', /the rule that leads to http/],
  ['the front page is redirected to', to('/'), 'callback-path', /without a redirect/],
  ['a redirect leads nowhere', to('https://'), 'callback-path', /without a redirect/],

  ['the shop answers with a page', answering(page(200)), 'callback-path', /before any shop page/],
  ['the path is not known', answering(page(404)), 'callback-path', /this receiver, with path and query/],
  ['a firewall refuses strangers', answering(page(403)), 'callback-path', /exception .* firewall/],
  ['a rate limit is too low', answering(page(429)), 'callback-path', /exception .* rate limit/],
  ['the web server has a login of its own', answering(page(401)), 'callback-path', /own login off/],
  ['the receiver is not running', answering(page(502)), 'callback-path', /^Start the receiver/],
  ['the web server fails', answering(page(500)), 'callback-path', /log of the web server/],
  ['POST is refused', answering(page(405), isPost), 'callback-path', /pass on POST/],
  ['POST is cut off', answering(cut, isPost), 'callback-path', /closes the connection/],
  ['the proxy waits for ever', answering(hang), 'callback-path', /reaches the receiver/],

  ['the path is longer in the end', rewriting((t) => t.replace('?', '/more/it?')), 'callback-path', /path unchanged/],
  ['the query is lost', rewriting((target) => target.split('?')[0] ?? ''), 'callback-path', /pass on the query string/],
  ['the status is changed', { manners: { restate: () => 200 } }, 'callback-path', /pass on the status/],
  ['this machine is no allowed source', STRANGER, 'warn callback-path', /where ALLOWED_SOURCES lets it in/],
  ['doctor lacks the credentials', { doctor: NO_BASIC }, 'callback-path', /as the running service has them/],
];

plantEach(ROWS, startShop);
