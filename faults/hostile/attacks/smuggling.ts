/**
 * Requests that two servers may cut differently, with a second one hidden in the first. The hidden one is a callback
 * that would be taken, guards and digest and all: if it were ever read as a request, there would be a second answer and
 * an event.
 */
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, knock, rightHeaders, signed } from '../endpoint.ts';
import { head, type Kind, NO_REQUEST, type Shot } from '../request.ts';
import { hex, pick, whole } from './generators.ts';

const PATH = '/callbacks/resurs';

/** How the ids of hidden callbacks begin: none may be stored. */
export const SMUGGLED = 'smuggled-';

function hidden(random: Random, door: Door): string {
  const paymentId = `${SMUGGLED}${whole(random, 0, 1e9)}`;
  const digest = signed(door, paymentId, { type: 'UNFREEZE', t: null });
  const target = `${PATH}?c=UNFREEZE&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  return head({ target, headers: rightHeaders(random, door) });
}

/** Length and chunks contradict each other, or are written in ways that servers read differently: no request at all. */
function drawContradiction(random: Random, door: Door): Shot {
  const { headers } = knock(random, door, true);
  const inner = hidden(random, door);
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
  const [lines, body] = pick(random, shapes);
  const target = `${PATH}?c=UNFREEZE&p=outer&d=${hex(random, 40)}`;
  const request = head({ method: pick(random, ['POST', 'GET']), target, headers: headers + lines }) + body;
  // The head alone may be answered before the broken body is met; what follows is never a request.
  return {
    pieces: [request],
    allowed: ['callback 401', 'callback 403', 'callback 406', ...NO_REQUEST],
    keepsOpen: false,
    ending: 'half_close',
  };
}

/** The hidden request lies in a body that is announced rightly, or in a header: it is contents and nothing else. */
function drawContents(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const inner = hidden(random, door);
  const target = `${PATH}?c=UNFREEZE&p=outer&d=${hex(random, 40)}`;
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
  return { pieces: [pick(random, requests)], allowed: [refusal ?? 'callback 406'], keepsOpen: true };
}

export const smugglingKinds: readonly Kind[] = [
  { name: 'smuggling, contradictory', weight: 3, draw: drawContradiction },
  { name: 'smuggling, in contents', weight: 3, draw: drawContents },
];
