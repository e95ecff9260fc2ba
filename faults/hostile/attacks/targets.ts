/** Weird request targets on valid requests: values that a URL parser, a decoder or an object key may mishandle. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, randomGuardHeaders } from '../endpoint.ts';
import { type Attack, HEAD_TOO_LARGE, type HostileRequest, head, REJECTED_BY_PARSER, requestTo } from '../request.ts';
import {
  CALLBACK_PATHS,
  choose,
  hex,
  INVALID_TYPES,
  REJECTED_OUTCOMES,
  randomInt,
  TYPES,
  weirdQuery,
  weirdText,
} from './generators.ts';

const SPACE = / /g;

function drawWeirdParameters(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const target = `${choose(random, CALLBACK_PATHS)}?${weirdQuery(random)}`.replace(SPACE, '%20');
  return requestTo({ target, headers }, refusal === null ? REJECTED_OUTCOMES : [refusal]);
}

function drawWeirdPath(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const words = [
    'paymentId',
    'digest',
    'result',
    'param1',
    '',
    // Not of a digest's length: as a type it would be repeated in the response, and look like a leak.
    hex(random, 41),
    ...TYPES,
    ...INVALID_TYPES,
  ] as const;
  const segments = Array.from({ length: randomInt(random, 1, 9) }, () =>
    random() < 0.6 ? choose(random, words as unknown as readonly [string, ...string[]]) : weirdText(random, 2),
  );
  const target = `${choose(random, CALLBACK_PATHS)}/${segments.join('/')}?${weirdQuery(random, 2)}`.replace(
    SPACE,
    '%20',
  );
  // A target outside the callback path has no route.
  const allowed = refusal === null ? [...REJECTED_OUTCOMES, 'plain 404'] : [refusal, 'plain 404'];
  return requestTo({ target, headers }, allowed);
}

/** A name that is read twice, an invalid type, no payment: certainly malformed, whatever the digest is. */
function drawMalformed(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, false);
  const id = `malformed-${randomInt(random, 0, 1e9)}`;
  const digest = hex(random, 40);
  const queries = [
    `c=${choose(random, INVALID_TYPES)}&p=${id}&d=${digest}`,
    `c=UNFREEZE&p=${id}&p=${id}0&d=${digest}`,
    `c=UNFREEZE&C=BOOKED&p=${id}&d=${digest}`,
    `c=UNFREEZE&p=${id}&amp;p=x&d=${digest}`,
    `c=UNFREEZE&p=${id}&d=${digest}&D=0`,
    `c=UNFREEZE&p=${id}&t=1&T=2&d=${digest}`,
    `c=UNFREEZE&p=${id}&r=FROZEN&R=THAWED&d=${digest}`,
    `c=PASSWORD_EXPIRATION&identifier=${id}&Identifier=2&d=${digest}`,
    `c=PASSWORD_EXPIRATION&p=${id}&d=${digest}`,
    `c=UNFREEZE&p=`,
    `c=UNFREEZE&p=.&d=${digest}`,
    `c=UNFREEZE&p=%2e%2E&d=${digest}`,
    `c=UNFREEZE&p=${id}%00&d=${digest}`,
    `c=UNFREEZE&p=${id}%C2%85&d=${digest}`,
    `c=UNFREEZE&p=${'%F0%9F%98%80'.repeat(256)}`,
    `c=UNFREEZE&p[]=${id}&p[]=${id}1`,
    'c[]=UNFREEZE&p[$ne]=1',
    '',
  ] as const;
  const target = `${choose(random, CALLBACK_PATHS)}?${choose(random, queries)}`;
  return requestTo({ target, headers }, [refusal ?? 'callback 400']);
}

/** Below and above Node's limit for the head of a request. */
function drawHugeUrl(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const size = choose(random, [4_000, 8_000, 12_000, 17_000, 70_000]);
  const unit = choose(random, ['a', '%00', '%C3%A5', '&', '&a=1', '/', '&amp;', '%25', '..%2f']);
  const filler = unit.repeat(Math.ceil(size / unit.length));
  const target = `${choose(random, CALLBACK_PATHS)}?c=UNFREEZE&p=1&${filler}`;
  const isTooLarge = target.length > 15_000;
  return {
    pieces: [head({ target, headers })],
    allowed: isTooLarge ? HEAD_TOO_LARGE : refusal === null ? REJECTED_OUTCOMES : [refusal],
    keepsOpen: !isTooLarge,
  };
}

const FORMS = ['*', 'http://receiver', 'http://receiver/', 'receiver:80', '?', '#', 'http:', '%2f'] as const;

/** Absolute, authority and asterisk form, and paths that only look like a callback's. */
function drawWeirdForm(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const query = `?c=UNFREEZE&p=1&d=${hex(random, 40)}`;
  if (random() < 0.3) {
    const path = choose(random, CALLBACK_PATHS);
    const target =
      choose(random, [`http://elsewhere.example:99${path}`, `/${path}`, `${path.replace('/', '///')}//`]) + query;
    return { pieces: [head({ target, headers })], allowed: [refusal ?? 'callback 406'], keepsOpen: true };
  }
  const lookalikes = ['/callbacks', '/callbacks/resurs2', '/callbacks%2fresurs', '/CALLBACKS/resurs'];
  const others = [...lookalikes, '/callbacks/./resurs', '/a/../callbacks/resurs', '/\xe5', `/${'a/'.repeat(2_000)}`];
  const target = random() < 0.5 ? choose(random, FORMS) : `${choose(random, others as [string, ...string[]])}${query}`;
  return { pieces: [head({ target, headers })], allowed: ['plain 404', ...REJECTED_BY_PARSER], keepsOpen: false };
}

export const targetAttacks: readonly Attack[] = [
  { name: 'weird parameters', weight: 14, draw: drawWeirdParameters },
  { name: 'weird path', weight: 10, draw: drawWeirdPath },
  { name: 'malformed callback', weight: 8, draw: drawMalformed },
  { name: 'huge URL', weight: 2, draw: drawHugeUrl },
  { name: 'weird form of target', weight: 3, draw: drawWeirdForm },
];
