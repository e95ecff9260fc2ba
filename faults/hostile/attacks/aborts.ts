/** Senders that go away: half-closed, reset in the middle, or gone before the answer. */
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, knock } from '../endpoint.ts';
import { head, type Kind, NO_REQUEST, type Shot, withBody } from '../request.ts';
import { hex, whole } from './generators.ts';

const PATH = '/callbacks/resurs';

function drawRequest(random: Random, door: Door) {
  const { headers, refusal } = knock(random, door, true);
  const target = `${PATH}?c=BOOKED&p=cut&d=${hex(random, 40)}`;
  const request = { target, headers, method: 'POST' };
  const text = random() < 0.5 ? head({ ...request, method: 'GET' }) : withBody(request, 'x'.repeat(500));
  return { text, refusal };
}

function drawReset(random: Random, door: Door): Shot {
  const { text } = drawRequest(random, door);
  return {
    pieces: [text.slice(0, whole(random, 0, text.length + 1))],
    allowed: ['reset'],
    keepsOpen: false,
    ending: 'reset',
  };
}

/** The whole request and then no more: the answer still comes. A part of one is no request. */
function drawHalfClose(random: Random, door: Door): Shot {
  const { text, refusal } = drawRequest(random, door);
  if (random() < 0.5)
    return { pieces: [text], allowed: [refusal ?? 'callback 406', 'closed'], keepsOpen: false, ending: 'half_close' };
  const part = text.slice(0, whole(random, 1, text.length));
  return {
    pieces: [part],
    allowed: [refusal ?? 'callback 406', ...NO_REQUEST],
    keepsOpen: false,
    ending: 'half_close',
  };
}

export const cutKinds: readonly Kind[] = [
  { name: 'reset in the middle', weight: 2, draw: drawReset },
  { name: 'half-closed', weight: 2, draw: drawHalfClose },
];
