/** Odd request targets on valid requests: what a URL parser, a decoder or an object key may stumble over. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, knock } from '../endpoint.ts';
import { byTarget, HEAD_TOO_LARGE, head, type Kind, NO_REQUEST, type Shot } from '../request.ts';
import { CALLBACK_PATHS, hex, NOT_TAKEN, oddQuery, oddText, pick, TYPES, WRONG_TYPES, whole } from './generators.ts';

const SPACE = / /g;

function drawOddParameters(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const target = `${pick(random, CALLBACK_PATHS)}?${oddQuery(random)}`.replace(SPACE, '%20');
  return byTarget({ target, headers }, refusal === null ? NOT_TAKEN : [refusal]);
}

function drawOddPath(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const words = [
    'paymentId',
    'digest',
    'result',
    'param1',
    '',
    // Not of a digest's length: as a type it would come back in the answer, and look like a leak.
    hex(random, 41),
    ...TYPES,
    ...WRONG_TYPES,
  ] as const;
  const segments = Array.from({ length: whole(random, 1, 9) }, () =>
    random() < 0.6 ? pick(random, words as unknown as readonly [string, ...string[]]) : oddText(random, 2),
  );
  const target = `${pick(random, CALLBACK_PATHS)}/${segments.join('/')}?${oddQuery(random, 2)}`.replace(SPACE, '%20');
  // What climbs out of the path is none of ours.
  const allowed = refusal === null ? [...NOT_TAKEN, 'plain 404'] : [refusal, 'plain 404'];
  return byTarget({ target, headers }, allowed);
}

/** The same name twice, a type that is none, no payment: certain to be malformed, whatever the digest says. */
function drawMalformed(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, false);
  const id = `malformed-${whole(random, 0, 1e9)}`;
  const digest = hex(random, 40);
  const queries = [
    `c=${pick(random, WRONG_TYPES)}&p=${id}&d=${digest}`,
    `c=UNFREEZE&p=${id}&p=${id}0&d=${digest}`,
    `c=UNFREEZE&C=BOOKED&p=${id}&d=${digest}`,
    `c=UNFREEZE&p=${id}&amp;p=x&d=${digest}`,
    `c=UNFREEZE&p=${id}&d=${digest}&D=0`,
    `c=UNFREEZE&__proto__=1&__PROTO__=2&p=${id}`,
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
  const target = `${pick(random, CALLBACK_PATHS)}?${pick(random, queries)}`;
  return byTarget({ target, headers }, [refusal ?? 'callback 400']);
}

/** Below and above what Node takes as the head of a request. */
function drawHugeUrl(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const size = pick(random, [4_000, 8_000, 12_000, 17_000, 70_000]);
  const unit = pick(random, ['a', '%00', '%C3%A5', '&', '&a=1', '/', '&amp;', '%25', '..%2f']);
  const filler = unit.repeat(Math.ceil(size / unit.length));
  const target = `${pick(random, CALLBACK_PATHS)}?c=UNFREEZE&p=1&${filler}`;
  const isTooLarge = target.length > 15_000;
  return {
    pieces: [head({ target, headers })],
    allowed: isTooLarge ? HEAD_TOO_LARGE : refusal === null ? NOT_TAKEN : [refusal],
    keepsOpen: !isTooLarge,
  };
}

const FORMS = [
  '*',
  'http://receiver',
  'http://receiver/',
  'receiver:80',
  '//callbacks/resurs',
  '?',
  '#',
  'http:',
  '%2f',
] as const;

/** Absolute, authority and asterisk form, and paths that only look like a callback's. */
function drawOddForm(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const query = `?c=UNFREEZE&p=1&d=${hex(random, 40)}`;
  if (random() < 0.3) {
    const target = `http://elsewhere.example:99${pick(random, CALLBACK_PATHS)}${query}`;
    return { pieces: [head({ target, headers })], allowed: [refusal ?? 'callback 406'], keepsOpen: true };
  }
  const lookalikes = [
    '/callbacks',
    '/callbacks/resurs2',
    '/callbacks%2fresurs',
    '/CALLBACKS/resurs',
    '/callbacks//resurs',
  ];
  const others = [...lookalikes, '/callbacks/./resurs', '/a/../callbacks/resurs', '/\xe5', `/${'a/'.repeat(2_000)}`];
  const target = random() < 0.5 ? pick(random, FORMS) : `${pick(random, others as [string, ...string[]])}${query}`;
  return { pieces: [head({ target, headers })], allowed: ['plain 404', ...NO_REQUEST], keepsOpen: false };
}

export const targetKinds: readonly Kind[] = [
  { name: 'odd parameters', weight: 14, draw: drawOddParameters },
  { name: 'odd path', weight: 10, draw: drawOddPath },
  { name: 'malformed callback', weight: 8, draw: drawMalformed },
  { name: 'huge URL', weight: 2, draw: drawHugeUrl },
  { name: 'odd form of target', weight: 3, draw: drawOddForm },
];
