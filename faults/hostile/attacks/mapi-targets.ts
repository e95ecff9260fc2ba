/** Weird request targets and methods on the paths of the Merchant API. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import {
  hasToken,
  KIND_SEGMENTS,
  MAPI_PATH,
  MAPI_PATHS,
  mapiGuardHeaders,
  unprovenTarget,
  withToken,
} from '../mapi-endpoint.ts';
import { type Attack, HEAD_TOO_LARGE, type HostileRequest, head, requestTo, withBody } from '../request.ts';
import { choose, randomInt, weirdQuery, weirdText } from './generators.ts';

const METHODS = [
  'GET',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'M-SEARCH',
  'LINK',
] as const;

/** Never a right token. Where none is needed, no body means a test, which is not stored there. */
function drawWeirdTarget(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const segments = Array.from({ length: randomInt(random, 0, 4) }, () =>
    random() < 0.5 ? choose(random, KIND_SEGMENTS) : `/${weirdText(random, 2)}`,
  );
  const callback =
    random() < 0.3 ? `&callback=${choose(random, ['AUTHORIZATION', 'TEST', '', weirdText(random, 2)])}` : '';
  const target = `${MAPI_PATH}${segments.join('')}?${weirdQuery(random)}${callback}&order=${weirdText(random, 2)}`;
  const outcomes = ['callback 401', 'callback 404', ...(hasToken(endpoint) ? [] : ['callback 204', 'callback 400'])];
  const request = { method: 'POST', target: target.replaceAll(' ', '%20'), headers: `${headers}Content-Length: 0\r\n` };
  return requestTo(request, refusal === null ? outcomes : [refusal]);
}

/** Below the path, and no kind: with a right token. */
function drawUnknownPath(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const rest = choose(random, [
    '/authorisation',
    '/authorization/x',
    '/authorization/../management',
    '/authorization%2fmanagement',
    '/credit_application',
    '/%00',
    '/%61uthorization%20',
    '/..',
    '/../resurs',
    '/..%2f..%2fstatus',
    '/status',
    '/__proto__',
    '/;a=b',
    `/${'%2f'.repeat(1_000)}`,
  ]);
  const target = withToken(random, endpoint, `${MAPI_PATH}${rest}`);
  const pieces = [withBody({ method: 'POST', target, headers }, '{"paymentId":"1","status":"FROZEN"}')];
  return { pieces, allowed: [refusal ?? 'callback 404'], keepsOpen: true };
}

/** Below and above Node's limit for the head of a request. */
function drawHugeUrl(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const size = choose(random, [4_000, 8_000, 12_000, 17_000, 70_000]);
  const unit = choose(random, ['a', '%00', '%C3%A5', '&', '&a=%f6', '&order=1', '&amp;', '%25']);
  const target = `${unprovenTarget(random, endpoint)}&x=${unit.repeat(Math.ceil(size / unit.length))}`;
  const isTooLarge = target.length > 15_000;
  const pieces = [head({ method: 'POST', target, headers: `${headers}Content-Length: 0\r\n` })];
  return { pieces, allowed: isTooLarge ? HEAD_TOO_LARGE : [refusal ?? 'callback 401'], keepsOpen: !isTooLarge };
}

/** With a right token or none: the method alone decides. */
function drawOtherMethod(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const kindTarget = `${choose(random, MAPI_PATHS)}${choose(random, KIND_SEGMENTS)}`;
  const target = random() < 0.5 ? withToken(random, endpoint, kindTarget) : kindTarget;
  const outcome = refusal ?? 'callback 405';
  if (random() < 0.1) {
    return { pieces: [head({ method: 'HEAD', target, headers })], allowed: [outcome], keepsOpen: false, isHead: true };
  }
  const request = { method: choose(random, METHODS), target, headers };
  const body = '{"paymentId":"1","status":"FROZEN"}';
  return { pieces: [random() < 0.3 ? withBody(request, body) : head(request)], allowed: [outcome], keepsOpen: true };
}

export const mapiTargetAttacks: readonly Attack[] = [
  { name: 'Merchant API, weird target', weight: 5, draw: drawWeirdTarget },
  { name: 'Merchant API, unknown path', weight: 2, draw: drawUnknownPath },
  { name: 'Merchant API, huge URL', weight: 1, draw: drawHugeUrl },
  { name: 'Merchant API, other method', weight: 2, draw: drawOtherMethod },
];
