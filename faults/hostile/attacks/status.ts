/** Requests to the status API: unauthenticated ones, which get only 401 or 429, and invalid ones with a valid token. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, requestTo, withBody } from '../request.ts';
import { choose, hex, randomInt, weirdQuery, weirdText } from './generators.ts';

const ROUTES = [
  '/status',
  '/access',
  '/events',
  '/events/x',
  '/events/x/webhook',
  '/payments/x',
  '/replays',
  '/replays/x',
  '/actions',
  '/statistics',
  '/dead-letters',
  '/alerts',
  '/rejections',
  '/metrics',
  '/openapi.json',
] as const;
const WEIRD_DATES = [
  '2026-02-30',
  '-000001-01-01',
  '99999-01-01',
  '2026-01-01T25:00:00Z',
  'now',
  "'; drop table events",
  '%00',
] as const;
const WEIRD_CURSORS = ['', 'czE', 'cy0x', 'czk5OTk5OTk5OTk5OTk5OTk', 'null', '%00', '%FF', 'a'.repeat(2_000)] as const;

const SCANNED = [
  '/',
  '/.env',
  '/.git/config',
  '/admin',
  '/wp-login.php',
  '/..%2f..%2fetc/passwd',
  '/%00',
  '/favicon.ico',
] as const;

/** Larger than Fastify's body limit. */
const LARGE_BYTES = 1_100_000;

function bearer({ secrets }: Endpoint): string {
  return `Authorization: Bearer ${secrets.token}\r\n`;
}

/** After ten wrong tokens of one address in a minute the others are slowed down. */
const REFUSED = ['plain 401', 'plain 429'];

function drawUnauthenticated(random: Random, endpoint: Endpoint): HostileRequest {
  const { token } = endpoint.secrets;
  const invalid = [
    '',
    'Authorization: Bearer\r\n',
    'Authorization: Bearer \r\n',
    `Authorization: Bearer ${token.slice(0, -1)}\r\n`,
    `Authorization: Bearer ${token}x\r\n`,
    `Authorization: Bearer ${token.toUpperCase()}!\r\n`,
    `Authorization: Basic ${token}\r\n`,
    `Authorization: ${token}\r\n`,
    `Authorization: Bearer ${'a'.repeat(5_000)}\r\n`,
    'Authorization: Bearer \xff\xfe\r\n',
    `X-Authorization: Bearer ${token}\r\nCookie: token=${token}\r\n`,
  ] as const;
  const path = `${choose(random, ROUTES)}?${weirdQuery(random, 3)}`.replaceAll(' ', '%20');
  if (random() < 0.5) return requestTo({ target: path, headers: choose(random, invalid) }, REFUSED);
  const requests = [
    head({ target: `/status?token=${token}` }),
    withBody({ method: 'POST', target: '/replays', headers: choose(random, invalid) }, '{"state":"delivered"}'),
    withBody({ method: 'POST', target: '/replays', headers: choose(random, invalid) }, '['.repeat(10_000)),
    head({ method: 'PUT', target: `/orders/stranger-${hex(random, 8)}`, headers: choose(random, invalid) }),
    head({ method: 'DELETE', target: '/orders/x', headers: choose(random, invalid) }),
    withBody({ method: 'DELETE', target: '/payments/x', headers: choose(random, invalid) }, '{"confirm":"x"}'),
  ] as const;
  return { pieces: [choose(random, requests)], allowed: REFUSED, keepsOpen: true };
}

function drawWeirdQuery(random: Random, endpoint: Endpoint): HostileRequest {
  const weird = weirdText(random, 3).replaceAll(' ', '%20').replaceAll('#', '%23').replaceAll('?', '%3F');
  const number = choose(random, ['0', '-1', '201', '1e2', '1.5', 'NaN', '999999999999999999999', '', '%00']);
  const targets = [
    `/events?limit=${number}`,
    `/events?reason=${choose(random, ['503', '99', 'refused', weird])}`,
    `/dead-letters?limit=${number}`,
    `/events?cursor=${choose(random, WEIRD_CURSORS)}`,
    `/events?from=${choose(random, WEIRD_DATES)}`,
    `/events?to=${choose(random, WEIRD_DATES)}&from=2026-01-01`,
    `/events?paymentId=${weird}`,
    `/events?type=${weird}&callback=${weird}`,
    `/events?state=delivered&state=held`,
    `/events?paymentId[]=1&paymentId[]=2`,
    `/events?__proto__=1&constructor=2`,
    `/events?${weirdQuery(random, 5)}`.replaceAll(' ', '%20'),
    `/events/${weird}`,
    `/events/evt_${hex(random, 8)}-0000-7000-8000-${hex(random, 12)}`,
    `/payments/${weird}`,
    `/payments/${'%F0%9F%98%80'.repeat(300)}`,
    `/orders/${weird}`,
    `/status/${weird}`,
    `/events/${weird}/webhook`,
    `/payments/x?limit=${number}&cursor=${choose(random, WEIRD_CURSORS)}`,
    `/payments/x?order=${weird}&attempts=${number}`,
    `/replays/${weird}`,
    `/replays?limit=${number}`,
    `/rejections?limit=${number}`,
    `/actions?limit=${number}&cursor=${choose(random, WEIRD_CURSORS)}`,
    `/statistics?from=${choose(random, WEIRD_DATES)}&step=${choose(random, ['hour', 'day', 'week', '%00'])}`,
  ] as const;
  const target = choose(random, targets);
  return requestTo({ target, headers: bearer(endpoint) }, ['plain 200', 'plain 400', 'plain 404', 'plain 414']);
}

function drawWeirdReplay(random: Random, endpoint: Endpoint): HostileRequest {
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"state":["delivered"]}',
    '{"state":"pending"}',
    '{"paymentId":"\\u0000"}',
    '{"paymentId":"\\ud800","dryRun":true}',
    '{"__proto__":{"state":"delivered"}}',
    '{"constructor":{"prototype":{}}}',
    '{"state":"delivered","dryRun":"true"}',
    '{"from":"2026-02-30","dryRun":true}',
    '{"state":"delivered","dryRun":true}',
    `{"paymentId":"${'x'.repeat(300)}"}`,
    '{"ids":[null]}',
    '{"ids":"evt_"}',
    `{"ids":[${'"evt_",'.repeat(1_000)}"evt_"]}`,
    '{"state":"delivered","expected":-1}',
    '{"state":"delivered","reason":"\\u0000","dryRun":true}',
    '['.repeat(50_000),
    `{"a":${'{"a":'.repeat(20_000)}`,
    '\xff\xfe{}',
    hex(random, randomInt(random, 1, 400)),
  ] as const;
  const types = ['application/json', 'application/json; charset=utf-16', 'text/plain', '', 'a/b;', '\xff'] as const;
  const isTooLarge = random() < 0.05;
  const body = isTooLarge ? `{"state":"${'x'.repeat(LARGE_BYTES)}"}` : choose(random, bodies);
  const headers = `${bearer(endpoint)}Content-Type: ${random() < 0.7 ? types[0] : choose(random, types)}\r\n`;
  const target = random() < 0.7 ? '/replays' : `/events/${choose(random, ['x', '%00', 'evt_', '..'])}/replay`;
  return {
    pieces: [withBody({ method: 'POST', target, headers }, body)],
    // Closing the connection while the client still sends may lose the response.
    allowed: ['plain 202', 'plain 400', 'plain 404', 'plain 415', ...(isTooLarge ? ['plain 413', 'closed'] : [])],
    keepsOpen: false,
  };
}

function drawProbe(random: Random): HostileRequest {
  const target = choose(random, ['/healthz', '/readyz', '/healthz?__proto__=1', '/readyz?%00']);
  return { pieces: [head({ target })], allowed: ['plain 200'], keepsOpen: true };
}

/** Paths of other programs, as scanners try them. */
function drawScan(random: Random): HostileRequest {
  const target = `${choose(random, SCANNED)}?${weirdQuery(random, 2)}`.replaceAll(' ', '%20');
  return requestTo({ target }, ['plain 404', 'plain 400']);
}

export const statusAttacks: readonly Attack[] = [
  { name: 'status API, no valid token', weight: 5, draw: drawUnauthenticated },
  { name: 'status API, weird query', weight: 2, draw: drawWeirdQuery },
  { name: 'status API, weird replay', weight: 0.7, draw: drawWeirdReplay },
  { name: 'probe', weight: 1, draw: drawProbe },
  { name: 'scan', weight: 2, draw: drawScan },
];
