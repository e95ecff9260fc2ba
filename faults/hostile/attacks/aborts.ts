/** Aborted requests: half-closed, reset in the middle, or gone before the response. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, REJECTED_BY_PARSER, withBody } from '../request.ts';
import { randomInt } from './generators.ts';
import { drawUnproven } from './unproven.ts';

function drawRequest(random: Random, endpoint: Endpoint) {
  const { target, headers, method, outcome } = drawUnproven(random, endpoint, 'c=BOOKED&p=cut');
  const request = { target, headers, method: 'POST' };
  const text = random() < 0.5 ? head({ ...request, method: method ?? 'GET' }) : withBody(request, 'x'.repeat(500));
  return { text, outcome };
}

function drawReset(random: Random, endpoint: Endpoint): HostileRequest {
  const { text } = drawRequest(random, endpoint);
  return {
    pieces: [text.slice(0, randomInt(random, 0, text.length + 1))],
    allowed: ['reset'],
    keepsOpen: false,
    ending: 'reset',
  };
}

/** Half-closes after the complete request, which is still answered, or after a part of it, which is no request. */
function drawHalfClose(random: Random, endpoint: Endpoint): HostileRequest {
  const { text, outcome } = drawRequest(random, endpoint);
  if (random() < 0.5) return { pieces: [text], allowed: [outcome, 'closed'], keepsOpen: false, ending: 'half_close' };
  const part = text.slice(0, randomInt(random, 1, text.length));
  return {
    pieces: [part],
    allowed: [outcome, ...REJECTED_BY_PARSER],
    keepsOpen: false,
    ending: 'half_close',
  };
}

export const abortAttacks: readonly Attack[] = [
  { name: 'reset in the middle', weight: 2, draw: drawReset },
  { name: 'half-closed', weight: 2, draw: drawHalfClose },
];
