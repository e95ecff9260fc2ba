/**
 * Request smuggling: requests that two servers may delimit differently, with a second one hidden in the first. The
 * hidden one is a callback that would be accepted, with valid guards and digest or token. If it were ever parsed as a request,
 * there would be a second response and an event.
 */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, validDigest, validGuardHeaders, validSource } from '../endpoint.ts';
import { hasToken, MAPI_PATH, withToken } from '../mapi-endpoint.ts';
import { type Attack, type HostileRequest, head, REJECTED_BY_PARSER, withBody } from '../request.ts';
import { choose, hex, randomInt } from './generators.ts';
import { drawUnproven } from './unproven.ts';

const PATH = '/callbacks/resurs';

/** Prefix of the payment ids of hidden callbacks, none of which may be stored. */
export const SMUGGLED_ID_PREFIX = 'smuggled-';

function hidden(random: Random, endpoint: Endpoint): string {
  const paymentId = `${SMUGGLED_ID_PREFIX}${randomInt(random, 0, 1e9)}`;
  if (hasToken(endpoint) && random() < 0.3) {
    const request = {
      method: 'POST',
      target: withToken(random, endpoint, MAPI_PATH),
      headers: validSource(random, endpoint),
    };
    return withBody(request, `{"paymentId":"${paymentId}","status":"FROZEN"}`);
  }
  const digest = validDigest(endpoint, paymentId, { type: 'UNFREEZE', t: null });
  const target = `${PATH}?c=UNFREEZE&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  return head({ target, headers: validGuardHeaders(random, endpoint) });
}

/** Length and chunks contradict each other, or are written in ways that servers parse differently: no valid request. */
function drawContradiction(random: Random, endpoint: Endpoint): HostileRequest {
  const { target, headers, method } = drawUnproven(random, endpoint, 'c=UNFREEZE&p=outer');
  const inner = hidden(random, endpoint);
  const { length } = inner;
  const chunked = `0\r\n\r\n${inner}`;
  const shapes: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
    [`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, chunked],
    [`Transfer-Encoding: chunked\r\nContent-Length: ${chunked.length}\r\n`, chunked],
    [`Content-Length: 0\r\nContent-Length: ${length}\r\n`, inner],
    [`Content-Length: ${length}\r\nContent-Length: 0\r\n`, inner],
    [`Content-Length: 0, ${length}\r\n`, inner],
    [`Content-Length: +0\r\n`, inner],
    [`Content-Length: 0\x0b\r\n`, inner],
    [`Content-Length : 0\r\n`, inner],
    [`Transfer-Encoding : chunked\r\n`, chunked],
    [`Transfer-Encoding: xchunked\r\n`, chunked],
    [`Transfer-Encoding: chunked, identity\r\n`, chunked],
    [`Transfer-Encoding: \x0bchunked\r\n`, chunked],
    [`Transfer-Encoding:\r\n chunked\r\n`, chunked],
    [`X: a\r\n Transfer-Encoding: chunked\r\n`, chunked],
    [`Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n`, chunked],
    [`Transfer-Encoding: chunked\r\n`, `0;\n\r\n\r\n${inner}`],
    [`Transfer-Encoding: chunked\r\n`, `g\r\n${inner}`],
    [`Transfer-Encoding: chunked\r\n`, `-1\r\n${inner}`],
    [`Transfer-Encoding: chunked\r\n`, `00000000000000000000\n${inner}`],
    [`Transfer-Encoding: chunked\r\n`, `1\r\nxx0\r\n\r\n${inner}`],
    [`Transfer-Encoding: chunked\r\n`, `1\nx\n0\n\n${inner}`],
    [`X-Bare: a\n\nGET /x HTTP/1.1\r\n`, inner],
  ];
  const [lines, body] = choose(random, shapes);
  const request = head({ method: method ?? choose(random, ['POST', 'GET']), target, headers: headers + lines }) + body;
  // The head may be answered before the broken body is parsed; the rest is never a request.
  return {
    pieces: [request],
    allowed: ['callback 401', 'callback 403', 'callback 406', ...REJECTED_BY_PARSER],
    keepsOpen: false,
    ending: 'half_close',
  };
}

/** The hidden request is inside a correctly announced body, or in a header: it is only content. */
function drawContent(random: Random, endpoint: Endpoint): HostileRequest {
  const { target, headers, outcome } = drawUnproven(random, endpoint, 'c=UNFREEZE&p=outer');
  const inner = hidden(random, endpoint);
  const hexLength = inner.length.toString(16);
  const method = 'POST';
  const chunkedHead = head({ method, target, headers: `${headers}Transfer-Encoding: chunked\r\n` });
  const requests = [
    head({ method, target, headers: `${headers}Content-Length: ${inner.length}\r\n` }) + inner,
    `${chunkedHead}${hexLength}\r\n${inner}\r\n0\r\n\r\n`,
    `${chunkedHead}000${hexLength};ext="a b";x=${'y'.repeat(200)}\r\n${inner}\r\n0\r\n\r\n`,
    `${chunkedHead}${hexLength}\r\n${inner}\r\n0\r\nX-Trailer: ${hex(random, 9)}\r\n\r\n`,
    head({ method, target, headers: `${headers}X-Inner: ${inner.replaceAll('\r\n', ' ')}\r\n` }),
  ] as const;
  return { pieces: [choose(random, requests)], allowed: [outcome], keepsOpen: true };
}

export const smugglingAttacks: readonly Attack[] = [
  { name: 'smuggling, contradictory', weight: 3, draw: drawContradiction },
  { name: 'smuggling, in content', weight: 3, draw: drawContent },
];
