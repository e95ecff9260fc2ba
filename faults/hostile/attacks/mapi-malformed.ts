/** Callbacks of the Merchant API that carry a right token and are malformed: contradictory kinds, broken ids and bodies. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { MAPI_PATH, mapiGuardHeaders, uuidFrom, withToken } from '../mapi-endpoint.ts';
import { type Attack, type HostileRequest, withBody } from '../request.ts';
import { choose, randomInt } from './generators.ts';

const DEEP = 5_000;
const nested = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;

/** Behind the path: kinds that contradict each other, orders that are none. */
const RESTS: readonly [string, ...string[]] = [
  '/authorization?callback=management',
  '/management?callback=AUTHORIZATION&callback=MANAGEMENT',
  '?callback=authorization&callback=management',
  '?callback=AUTHORIZATION&CALLBACK=&amp;callback=x',
  '/authorization?order=.',
  '/authorization?order=%2e%2E',
  '/management?order=a%00b',
  '/management?order=a%0d%0ax-evil:1',
  '/management?order=%C2%85',
  `/authorization?order=${'x'.repeat(256)}`,
  `/authorization?order=${'%F0%9F%98%80'.repeat(256)}`,
  '/authorization?order=1&Order=2',
  '/authorization?order=1&order=',
];

/** Bodies that are no AUTHORIZATION, whatever the shape says. */
function malformedBodies(id: string): readonly [string, ...string[]] {
  return [
    `{"paymentId":"${id}"}`,
    `{"paymentId":"${id}","status":null}`,
    `{"paymentId":"${id}","status":7}`,
    `{"paymentId":"${id}","status":["FROZEN"]}`,
    `{"paymentId":"${id}","status":""}`,
    `{"paymentId":"${id}","status":"A\\u0000"}`,
    `{"paymentId":"${id}","status":"\\udc00"}`,
    `{"paymentId":"${id}","status":"A\\r\\nx-evil: 1"}`,
    `{"paymentId":"${id}","status":"${'A'.repeat(65)}"}`,
    `{"paymentId":"${id}","action":"CAPTURE"}`,
    `{"paymentId":"${id}","__proto__":{"status":"FROZEN"}}`,
    `{"paymentId":"${id}","status":"FROZEN","status":"AUTHORIZED"}`,
    `{"paymentId":"${id}","status":"FROZEN","p\\u0061ymentId":"${id}"}`,
    `{"x":${nested},"status":"A","paymentId":"${id}","paymentId":"${id}"}`,
    '{"paymentId":7,"status":"FROZEN"}',
    '{"paymentId":1e999,"status":"FROZEN"}',
    '{"paymentId":true,"status":"FROZEN"}',
    '{"paymentId":{"$ne":1},"status":"FROZEN"}',
    `{"paymentId":["${id}"],"status":"FROZEN"}`,
    '{"paymentId":"","status":"FROZEN"}',
    '{"paymentId":"..","status":"FROZEN"}',
    '{"paymentId":"../../v2/stores","status":"FROZEN"}',
    `{"paymentId":"${id}\\u0000","status":"FROZEN"}`,
    `{"paymentId":"${id}\\n","status":"FROZEN"}`,
    `{"paymentId":" ${id}","status":"FROZEN"}`,
    `{"paymentId":"${id}\\ud800","status":"FROZEN"}`,
    `{"paymentId":"%30","status":"FROZEN"}`,
    `{"paymentId":"'; drop table events","status":"FROZEN"}`,
    `{"paymentId":"${'a'.repeat(65)}","status":"FROZEN"}`,
    `{"paymentId":${nested},"status":"FROZEN"}`,
  ];
}

function drawMalformed(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const id = uuidFrom('ba5eba11-', randomInt(random, 0, 1e9), randomInt(random, 0, 1e9));
  const isUrl = random() < 0.3;
  const rest = isUrl ? choose(random, RESTS) : choose(random, ['', '/authorization', '?callback=Authorization']);
  const body = isUrl ? `{"paymentId":"${id}","status":"FROZEN"}` : choose(random, malformedBodies(id));
  const target = withToken(random, endpoint, `${MAPI_PATH}${rest}`);
  return {
    pieces: [withBody({ method: 'POST', target, headers }, body)],
    allowed: [refusal ?? 'callback 400'],
    keepsOpen: true,
  };
}

/** A body of another kind than the URL says. */
function drawOtherKind(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = mapiGuardHeaders(random, endpoint);
  const id = uuidFrom('ba5eba11-', randomInt(random, 0, 1e9), randomInt(random, 0, 1e9));
  const [rest, body] = choose<readonly [string, string]>(random, [
    ['/authorization', `{"paymentId":"${id}","action":"CAPTURE","actionId":"${id}"}`],
    ['/authorization', `{"applicationId":"${id}","status":"ACCEPTED"}`],
    ['/management', `{"paymentId":"${id}","status":"AUTHORIZED"}`],
    ['/management', `{"paymentId":"${id}","action":"CAPTURE"}`],
    ['/management', `{"paymentId":"${id}","action":"CAPTURE","actionId":7}`],
    ['/management', `{"paymentId":"${id}","action":"CAPTURE","actionId":"\\u0001"}`],
    ['?callback=MANAGEMENT', `{"applicationId":"${id}","action":"CAPTURE","actionId":"${id}"}`],
    ['', `{"applicationId":"${id}"}`],
  ]);
  const target = withToken(random, endpoint, `${MAPI_PATH}${rest}`);
  return {
    pieces: [withBody({ method: 'POST', target, headers }, body)],
    allowed: [refusal ?? 'callback 400'],
    keepsOpen: true,
  };
}

export const mapiMalformedAttacks: readonly Attack[] = [
  { name: 'Merchant API, malformed', weight: 5, draw: drawMalformed },
  { name: 'Merchant API, other kind', weight: 2, draw: drawOtherKind },
];
