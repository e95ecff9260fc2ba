/** The status API as a stranger meets it, who is told nothing but 401, and as its owner may ask it by mistake. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Door } from '../endpoint.ts';
import { byTarget, head, type Kind, type Shot, withBody } from '../request.ts';
import { hex, oddQuery, oddText, pick, whole } from './generators.ts';

const ROUTES = ['/status', '/events', '/events/x', '/payments/x', '/rejections', '/metrics', '/openapi.json'] as const;
const ODD_DATES = [
  '2026-02-30',
  '-000001-01-01',
  '99999-01-01',
  '2026-01-01T25:00:00Z',
  'now',
  "'; drop table events",
  '%00',
] as const;
const ODD_CURSORS = ['', 'czE', 'cy0x', 'czk5OTk5OTk5OTk5OTk5OTk', 'null', '%00', '%FF', 'a'.repeat(2_000)] as const;

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

/** Above what Fastify takes as a body. */
const LARGE_BYTES = 1_100_000;

function bearer({ keys }: Door): string {
  return `Authorization: Bearer ${keys.token}\r\n`;
}

function drawStranger(random: Random, door: Door): Shot {
  const { token } = door.keys;
  const wrongs = [
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
  const path = `${pick(random, ROUTES)}?${oddQuery(random, 3)}`.replaceAll(' ', '%20');
  if (random() < 0.5) return byTarget({ target: path, headers: pick(random, wrongs) }, ['plain 401']);
  const requests = [
    head({ target: `/status?token=${token}` }),
    withBody({ method: 'POST', target: '/replays', headers: pick(random, wrongs) }, '{"state":"delivered"}'),
    withBody({ method: 'POST', target: '/replays', headers: pick(random, wrongs) }, '['.repeat(10_000)),
    head({ method: 'PUT', target: `/orders/stranger-${hex(random, 8)}`, headers: pick(random, wrongs) }),
    head({ method: 'DELETE', target: '/orders/x', headers: pick(random, wrongs) }),
  ] as const;
  return { pieces: [pick(random, requests)], allowed: ['plain 401'], keepsOpen: true };
}

function drawOddQuestion(random: Random, door: Door): Shot {
  const odd = oddText(random, 3).replaceAll(' ', '%20').replaceAll('#', '%23').replaceAll('?', '%3F');
  const number = pick(random, ['0', '-1', '201', '1e2', '1.5', 'NaN', '999999999999999999999', '', '%00']);
  const targets = [
    `/events?limit=${number}`,
    `/events?cursor=${pick(random, ODD_CURSORS)}`,
    `/events?from=${pick(random, ODD_DATES)}`,
    `/events?to=${pick(random, ODD_DATES)}&from=2026-01-01`,
    `/events?paymentId=${odd}`,
    `/events?type=${odd}&callback=${odd}`,
    `/events?state=delivered&state=held`,
    `/events?paymentId[]=1&paymentId[]=2`,
    `/events?__proto__=1&constructor=2`,
    `/events?${oddQuery(random, 5)}`.replaceAll(' ', '%20'),
    `/events/${odd}`,
    `/events/evt_${hex(random, 8)}-0000-7000-8000-${hex(random, 12)}`,
    `/payments/${odd}`,
    `/payments/${'%F0%9F%98%80'.repeat(300)}`,
    `/orders/${odd}`,
    `/status/${odd}`,
  ] as const;
  const target = pick(random, targets);
  return byTarget({ target, headers: bearer(door) }, ['plain 200', 'plain 400', 'plain 404', 'plain 414']);
}

function drawOddWish(random: Random, door: Door): Shot {
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
    '['.repeat(50_000),
    `{"a":${'{"a":'.repeat(20_000)}`,
    '\xff\xfe{}',
    hex(random, whole(random, 1, 400)),
  ] as const;
  const types = ['application/json', 'application/json; charset=utf-16', 'text/plain', '', 'a/b;', '\xff'] as const;
  const isTooLarge = random() < 0.05;
  const body = isTooLarge ? `{"state":"${'x'.repeat(LARGE_BYTES)}"}` : pick(random, bodies);
  const headers = `${bearer(door)}Content-Type: ${random() < 0.7 ? types[0] : pick(random, types)}\r\n`;
  const target = random() < 0.7 ? '/replays' : `/events/${pick(random, ['x', '%00', 'evt_', '..'])}/replay`;
  return {
    pieces: [withBody({ method: 'POST', target, headers }, body)],
    // Hanging up while a sender still sends may cost it the answer.
    allowed: ['plain 202', 'plain 400', 'plain 404', 'plain 415', ...(isTooLarge ? ['plain 413', 'closed'] : [])],
    keepsOpen: false,
  };
}

function drawProbe(random: Random): Shot {
  const target = pick(random, ['/healthz', '/readyz', '/healthz?__proto__=1', '/readyz?%00']);
  return { pieces: [head({ target })], allowed: ['plain 200'], keepsOpen: true };
}

/** Paths that other programs have. */
function drawScan(random: Random): Shot {
  const target = `${pick(random, SCANNED)}?${oddQuery(random, 2)}`.replaceAll(' ', '%20');
  return byTarget({ target }, ['plain 404', 'plain 400']);
}

export const statusKinds: readonly Kind[] = [
  { name: 'status API, stranger', weight: 5, draw: drawStranger },
  { name: 'status API, odd question', weight: 2, draw: drawOddQuestion },
  { name: 'status API, odd wish', weight: 0.7, draw: drawOddWish },
  { name: 'probe', weight: 1, draw: drawProbe },
  { name: 'scan', weight: 2, draw: drawScan },
];
