/** Request lines and headers that are broken, or valid but excessive. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, randomGuardHeaders } from '../endpoint.ts';
import { type Attack, HEAD_TOO_LARGE, type HostileRequest, head, REJECTED_BY_PARSER } from '../request.ts';
import { choose, hex, randomBytes, randomInt } from './generators.ts';

const PATH = '/callbacks/resurs';
const TLS_HELLO = '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03';
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

function drawBrokenLine(random: Random): HostileRequest {
  const target = `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`;
  const rest = '\r\nHost: a\r\n\r\n';
  const lines = [
    `${randomBytes(random, randomInt(random, 1, 200))}\r\n\r\n`,
    `\0${randomBytes(random, 20)}\r\n\r\n`,
    TLS_HELLO + randomBytes(random, 160),
    HTTP2_PREFACE,
    'SSH-2.0-OpenSSH_9.6\r\n',
    `GET${rest}`,
    `GET ${rest}`,
    ` GET ${target} HTTP/1.1${rest}`,
    `get ${target} HTTP/1.1${rest}`,
    `GET\t${target}\tHTTP/1.1${rest}`,
    `GET ${target} HTTP/1.1 x${rest}`,
    `GET ${target} HTTP/9.9${rest}`,
    `GET ${target} HTTP/1.${rest}`,
    `GET ${target} HTTP/11${rest}`,
    `GET ${target} http/1.1${rest}`,
    `GET ${target} ICE/1.0${rest}`,
    `GET /a\0b HTTP/1.1${rest}`,
    `GET /a\rb HTTP/1.1${rest}`,
    `${'A'.repeat(5_000)} ${target} HTTP/1.1${rest}`,
    `G\xc3\x89T ${target} HTTP/1.1${rest}`,
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  ] as const;
  return { pieces: [choose(random, lines)], allowed: REJECTED_BY_PARSER, keepsOpen: false, ending: 'half_close' };
}

function drawBrokenHeader(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers } = randomGuardHeaders(random, endpoint, true);
  const broken = [
    'No-Colon\r\n',
    ': no name\r\n',
    'Space Before : x\r\n',
    'Tab\t: x\r\n',
    'X-Nul: a\0b\r\n',
    'X-Ctl: a\x01b\r\n',
    'X-Del: a\x7fb\r\n',
    'X-Cr: a\rb\r\n',
    '\xe5\xe4\xf6: x\r\n',
    'X-Folded: a\r\n\0 b\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 1e3\r\n',
    'Content-Length: 0x10\r\n',
    'Content-Length: 99999999999999999999999\r\n',
    'Content-Length: \r\n',
    'Content-Length: 1, 2\r\n',
    '\0: \0\r\n',
  ] as const;
  const request = head({ target: `${PATH}?c=UNFREEZE&p=1`, headers: headers + choose(random, broken), method: 'POST' });
  return { pieces: [request], allowed: REJECTED_BY_PARSER, keepsOpen: false, ending: 'half_close' };
}

function drawHeaderFlood(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers } = randomGuardHeaders(random, endpoint, true);
  const floods = [
    `X-Long: ${'a'.repeat(17_000)}\r\n`,
    `${'b'.repeat(17_000)}: x\r\n`,
    'X-Many: 1\r\n'.repeat(2_500),
    `Cookie: ${'a=b; '.repeat(4_000)}\r\n`,
    `Authorization: Basic ${'QUFB'.repeat(5_000)}\r\n`,
    `X-Forwarded-For: ${'192.0.2.7, '.repeat(2_000)}\r\n`,
    Array.from({ length: 1_500 }, (_, n) => `X-${n}: ${n}\r\n`).join(''),
  ] as const;
  const request = head({ target: `${PATH}?c=UNFREEZE&p=1`, headers: headers + choose(random, floods) });
  return { pieces: splitAnywhere(random, request), allowed: HEAD_TOO_LARGE, keepsOpen: false };
}

/** Valid headers that request something special; otherwise a callback with a wrong digest. */
function drawWeirdHeader(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const weird = [
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
    'Expect: 100-continue\r\n',
    'Expect: something-else\r\n',
    'Connection: keep-alive, close, x, ,\r\n',
    'Range: bytes=0-18446744073709551615\r\n',
    'Accept: */*;q=NaN\r\nAccept-Encoding: gzip, br, \xff\r\n',
    'Content-Type: \xff/\r\n',
    'Content-Type: application/json; charset=utf-7; charset=x\r\n',
    'Host: elsewhere\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: javascript\r\nForwarded: for=1\r\n',
    '__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z\r\n',
    'X-Request-Id: chosen-by-a-stranger\r\nx-http-method-override: PUT\r\n',
    'X-Original-URL: /status\r\nX-Rewrite-URL: /metrics\r\n',
    'X-Latin: \xe5\xe4\xf6\xff\x80\r\n',
    'X-Empty:\r\n'.repeat(200),
  ] as const;
  const target = `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`;
  const request = head({ target, headers: headers + choose(random, weird) });
  // The parser rejects a second Host, and an Upgrade unless it ignores it.
  return {
    pieces: splitAnywhere(random, request),
    allowed: [refusal ?? 'callback 406', ...REJECTED_BY_PARSER],
    keepsOpen: false,
  };
}

function drawOldVersion(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const target = `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`;
  const lines = `${random() < 0.5 ? 'Connection: keep-alive\r\n' : ''}${headers}`;
  const request =
    random() < 0.7 ? head({ target, version: 'HTTP/1.0', headers: lines }) : `GET ${target} HTTP/1.0\r\n${headers}\r\n`;
  return { pieces: [request], allowed: [refusal ?? 'callback 406'], keepsOpen: false };
}

/** Splits the text in two, anywhere: a parser must not depend on packet boundaries. */
export function splitAnywhere(random: Random, text: string): string[] {
  const at = randomInt(random, 1, text.length);
  return [text.slice(0, at), text.slice(at)];
}

export const headerAttacks: readonly Attack[] = [
  { name: 'broken request line', weight: 4, draw: drawBrokenLine },
  { name: 'broken header', weight: 3, draw: drawBrokenHeader },
  { name: 'header flood', weight: 1, draw: drawHeaderFlood },
  { name: 'weird header', weight: 3, draw: drawWeirdHeader },
  { name: 'HTTP/1.0', weight: 1, draw: drawOldVersion },
];
