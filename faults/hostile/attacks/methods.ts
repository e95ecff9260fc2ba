/** Methods that no callback uses. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, randomGuardHeaders } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, REJECTED_BY_PARSER, withBody } from '../request.ts';
import { choose, hex, randomInt } from './generators.ts';

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

function drawOtherMethod(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, false);
  const request = { method: choose(random, OTHERS), target: `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`, headers };
  const pieces = [random() < 0.3 ? withBody(request, 'x'.repeat(randomInt(random, 1, 900))) : head(request)];
  return { pieces, allowed: [refusal ?? 'callback 405'], keepsOpen: true };
}

function drawHead(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, false);
  const request = head({ method: 'HEAD', target: `${PATH}?c=UNFREEZE&p=1&d=${hex(random, 40)}`, headers });
  return { pieces: [request], allowed: [refusal ?? 'callback 405'], keepsOpen: false, isHead: true };
}

/** CONNECT requests a tunnel, OPTIONS * concerns the server, and Node's parser rejects an unknown method. */
function drawNoMethod(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers } = randomGuardHeaders(random, endpoint, false);
  const requests = [
    head({ method: 'CONNECT', target: 'database:5432', headers }),
    head({ method: 'CONNECT', target: PATH, headers }),
    head({ method: 'OPTIONS', target: '*', headers }),
    head({ method: 'BREW', target: PATH, headers }),
    head({ method: '__proto__', target: PATH, headers }),
  ] as const;
  return {
    pieces: [choose(random, requests)],
    allowed: ['plain 404', 'plain 405', ...REJECTED_BY_PARSER],
    keepsOpen: false,
  };
}

export const methodAttacks: readonly Attack[] = [
  { name: 'other method', weight: 5, draw: drawOtherMethod },
  { name: 'HEAD', weight: 1, draw: drawHead },
  { name: 'no such method', weight: 2, draw: drawNoMethod },
];
