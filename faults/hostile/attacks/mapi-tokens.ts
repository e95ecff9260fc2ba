/** Callbacks of the Merchant API that are valid except for the token: wrong ones, and right ones in wrong places. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import {
  hasToken,
  KIND_SEGMENTS,
  KNOWN_PREFIX,
  MAPI_PATH,
  MAPI_PATHS,
  mapiGuardHeaders,
  rightToken,
  SEGMENTS,
  uuidFrom,
} from '../mapi-endpoint.ts';
import { type Attack, type HostileRequest, percentEncodeAll, REJECTED_BY_PARSER, withBody } from '../request.ts';
import { choose, hex, randomInt } from './generators.ts';

/** Draws a query whose token is wrong. */
function wrongQuery(random: Random, token: string): string {
  return choose(random, [
    '',
    'token',
    'token=',
    `token=${hex(random, 40)}`,
    `token=${token.slice(0, -1)}`,
    `token=${token.slice(0, token.length / 2)}`,
    `token=${token}x`,
    `token=x${token}`,
    `token=${token.toUpperCase()}!`,
    `token=%22${token.toLowerCase()}%22`,
    `token=%00${token}`,
    `token=${token}%00`,
    `token=+${token}`,
    `token=${token}%0d%0a`,
    `token=%22${token}%22`,
    `token=${percentEncodeAll(token).replaceAll('%', '%25')}`,
    `token=${token}&token=another`,
    `token=${token}&TOKEN=`,
    `token=another&amp;Token=${token}`,
    `token=${token},${token}`,
    `token=${token.repeat(200)}`,
    `${'token=a&'.repeat(1_000)}token=${token}`,
    `token[]=${token}`,
    `token[0]=${token}`,
    `token.x=${token}`,
    `token%00=${token}`,
    `token%20=${token}`,
    `tokens=${token}`,
    `__proto__=${token}`,
    `__proto__[token]=${token}`,
    `order=${token}`,
    `callback=${token}`,
    `${token}`,
    `%3Ftoken=${token}`,
    `x=1;token=${token}`,
  ]);
}

/** Returns header lines that hold the token, where it does not count. */
function headersWith(random: Random, token: string): string {
  return choose(random, [
    `Authorization: Bearer ${token}\r\n`,
    `Authorization: Basic ${Buffer.from(`token:${token}`).toString('base64')}\r\n`,
    `Token: ${token}\r\nX-Token: ${token}\r\nX-Callback-Token: ${token}\r\n`,
    `Cookie: token=${token}\r\n`,
    `Referer: http://receiver${MAPI_PATH}?token=${token}\r\n`,
    `X-Original-URL: ${MAPI_PATH}?token=${token}\r\n`,
    `X-HTTP-Method-Override: PUT\r\nX-Forwarded-Uri: ${MAPI_PATH}?token=${token}\r\n`,
  ]);
}

/** Without a token, only an application cannot be confirmed. */
function drawWrongToken(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const token = rightToken(random, endpoint) ?? 'a-token-of-another-receiver';
  const segment = hasToken(endpoint) ? choose(random, KIND_SEGMENTS) : SEGMENTS.CREDIT_APPLICATION;
  const id = uuidFrom(KNOWN_PREFIX, randomInt(random, 0, 1e9), randomInt(random, 0, 1e9));
  const inBody = random() < 0.2 ? `,"token":"${token}"` : '';
  const body = `{"paymentId":"${id}","applicationId":"${id}","status":"AUTHORIZED","action":"CAPTURE","actionId":"1"${inBody}}`;
  const isElsewhere = random() < 0.25;
  const query = isElsewhere ? 'order=1' : wrongQuery(random, token);
  const isInFragment = isElsewhere && random() < 0.2;
  const target = `${choose(random, MAPI_PATHS)}${segment}?${query}${isInFragment ? `#token=${token}` : ''}`;
  const lines = isElsewhere ? headersWith(random, token) : '';
  // A second Authorization of the guard's own is not sent here, so no header is doubled.
  const request = withBody({ method: 'POST', target, headers: headers + lines }, body);
  const outcome = refusal ?? 'callback 401';
  return isInFragment
    ? { pieces: [request], allowed: [outcome, ...REJECTED_BY_PARSER], keepsOpen: false }
    : { pieces: [request], allowed: [outcome], keepsOpen: true };
}

/** A payment that the account cannot see: read and refused where no token is configured. */
function drawUnknownPayment(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const id = uuidFrom('5ca1ab1e-', randomInt(random, 0, 1e9), randomInt(random, 0, 1e9));
  const body = `{"paymentId":"${id}","status":"AUTHORIZED","created":"2026-11-20T12:00:00Z"}`;
  const target = `${MAPI_PATH}/authorization?order=${randomInt(random, 0, 1e9)}`;
  // It may be that it could not be read in time.
  const allowed = hasToken(endpoint) ? ['callback 401'] : ['callback 410', 'callback 503'];
  return {
    pieces: [withBody({ method: 'POST', target, headers }, body)],
    allowed: refusal === null ? allowed : [refusal],
    keepsOpen: true,
  };
}

export const mapiTokenAttacks: readonly Attack[] = [
  { name: 'Merchant API, wrong token', weight: 10, draw: drawWrongToken },
  { name: 'Merchant API, unknown payment', weight: 0.2, draw: drawUnknownPayment },
];
