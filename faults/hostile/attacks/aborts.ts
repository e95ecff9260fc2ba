/** Aborted requests: half-closed, reset in the middle, or gone before the response. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, randomGuardHeaders } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, REJECTED_BY_PARSER, withBody } from '../request.ts';
import { hex, randomInt } from './generators.ts';

const PATH = '/callbacks/resurs';

function drawRequest(random: Random, endpoint: Endpoint) {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const target = `${PATH}?c=BOOKED&p=cut&d=${hex(random, 40)}`;
  const request = { target, headers, method: 'POST' };
  const text = random() < 0.5 ? head({ ...request, method: 'GET' }) : withBody(request, 'x'.repeat(500));
  return { text, refusal };
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
  const { text, refusal } = drawRequest(random, endpoint);
  if (random() < 0.5)
    return { pieces: [text], allowed: [refusal ?? 'callback 406', 'closed'], keepsOpen: false, ending: 'half_close' };
  const part = text.slice(0, randomInt(random, 1, text.length));
  return {
    pieces: [part],
    allowed: [refusal ?? 'callback 406', ...REJECTED_BY_PARSER],
    keepsOpen: false,
    ending: 'half_close',
  };
}

export const abortAttacks: readonly Attack[] = [
  { name: 'reset in the middle', weight: 2, draw: drawReset },
  { name: 'half-closed', weight: 2, draw: drawHalfClose },
];
