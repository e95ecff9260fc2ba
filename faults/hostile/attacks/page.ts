/** Requests for the page for people: its files under weird conditions, and names that are none of them. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Attack, type HostileRequest, head, requestTo, withBody } from '../request.ts';
import { choose, weirdQuery, weirdText } from './generators.ts';

const FILES = [
  '/ui/',
  '/ui/main.js',
  '/ui/page.css',
  '/ui/texts/en.js',
  '/ui//',
  '/ui/?token=x',
  '/ui/main.js?x',
] as const;

/** Names that lie beside the files or above them on the disk, and forms in which servers have given such files away. */
const NO_FILES = [
  '/ui/../package.json',
  '/ui/..%2f..%2fpackage.json',
  '/ui/%2e%2e/%2e%2e/package.json',
  '/ui/..%5c..%5cpackage.json',
  '/ui/....//....//etc/passwd',
  '/ui//etc/passwd',
  '/ui/%2fetc%2fpasswd',
  '/ui/main.js%00.html',
  '/ui/main.js/',
  '/ui/MAIN.JS',
  '/ui/main.js::$DATA',
  '/ui/tsconfig.json',
  '/ui/index.html',
  '/ui/constructor',
  '/ui/__proto__',
  '/ui/views/',
] as const;

const CONDITIONS = [
  '',
  'If-None-Match: *\r\n',
  'If-None-Match: W/"x", "y"\r\n',
  `If-None-Match: ${'"x",'.repeat(2_000)}"x"\r\n`,
  'If-None-Match: \xff\r\n',
  'If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\n',
  'Range: bytes=0-,-1,5-2\r\n',
  'Accept: image/png\r\nAccept-Encoding: gzip;q=0, br, x\r\n',
  'Authorization: Bearer x\r\nCookie: a=b\r\n',
  'Origin: https://stranger.example\r\nSec-Fetch-Site: cross-site\r\n',
] as const;

function drawFile(random: Random): HostileRequest {
  const request = { target: choose(random, FILES), headers: choose(random, CONDITIONS) };
  const allowed = ['plain 200', 'plain 304', 'plain 404'];
  if (random() < 0.8) return { pieces: [head(request)], allowed, keepsOpen: true };
  return { pieces: [head({ ...request, method: 'HEAD' })], allowed, keepsOpen: false, isHead: true };
}

function drawNoFile(random: Random): HostileRequest {
  const weird = weirdText(random, 3).replaceAll(' ', '%20').replaceAll('#', '%23').replaceAll('?', '%3F');
  const target = choose(random, [choose(random, NO_FILES), `/ui/x${weird}`, `/ui/x?${weirdQuery(random, 2)}`]);
  return requestTo({ target: target.replaceAll(' ', '%20') }, ['plain 404', 'plain 400', 'plain 414']);
}

function drawOtherMethod(random: Random): HostileRequest {
  const method = choose(random, ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
  const request = { method, target: choose(random, FILES), headers: 'Content-Type: application/json\r\n' };
  return { pieces: [withBody(request, '{}')], allowed: ['plain 404'], keepsOpen: true };
}

export const pageAttacks: readonly Attack[] = [
  { name: 'page, file', weight: 0.5, draw: drawFile },
  { name: 'page, no file', weight: 1, draw: drawNoFile },
  { name: 'page, other method', weight: 0.3, draw: drawOtherMethod },
];
