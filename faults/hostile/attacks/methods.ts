/** Methods that no callback comes with. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, knock } from '../endpoint.ts';
import { head, type Kind, NO_REQUEST, type Shot, withBody } from '../request.ts';
import { hex, pick, whole } from './generators.ts';

const PATH = '/callbacks/resurs';
const OTHERS = [
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'PURGE',
  'M-SEARCH',
  'LINK',
] as const;

function drawOtherMethod(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, false);
  const request = { method: pick(random, OTHERS), target: `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`, headers };
  const pieces = [random() < 0.3 ? withBody(request, 'x'.repeat(whole(random, 1, 900))) : head(request)];
  return { pieces, allowed: [refusal ?? 'callback 405'], keepsOpen: true };
}

function drawHead(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, false);
  const request = head({ method: 'HEAD', target: `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`, headers });
  return { pieces: [request], allowed: [refusal ?? 'callback 405'], keepsOpen: false, isHead: true };
}

/** CONNECT asks for a tunnel, OPTIONS * for the server; a method that does not exist is no request to Node. */
function drawNoMethod(random: Random, door: Door): Shot {
  const { headers } = knock(random, door, false);
  const requests = [
    head({ method: 'CONNECT', target: 'database:5432', headers }),
    head({ method: 'CONNECT', target: PATH, headers }),
    head({ method: 'OPTIONS', target: '*', headers }),
    head({ method: 'BREW', target: PATH, headers }),
    head({ method: '__proto__', target: PATH, headers }),
  ] as const;
  return { pieces: [pick(random, requests)], allowed: ['plain 404', ...NO_REQUEST], keepsOpen: false };
}

export const methodKinds: readonly Kind[] = [
  { name: 'other method', weight: 5, draw: drawOtherMethod },
  { name: 'HEAD', weight: 1, draw: drawHead },
  { name: 'no such method', weight: 2, draw: drawNoMethod },
];
