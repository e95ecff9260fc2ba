/** The table of everything hostile. A new kind is a function that draws a shot, and a line in its file. */
import type { Random } from '../../src/lib/clock.ts';
import { cutKinds } from './attacks/aborts.ts';
import { bodyKinds } from './attacks/bodies.ts';
import { digestKinds } from './attacks/digests.ts';
import { headKinds } from './attacks/headers.ts';
import { methodKinds } from './attacks/methods.ts';
import { smugglingKinds } from './attacks/smuggling.ts';
import { statusKinds } from './attacks/status.ts';
import { targetKinds } from './attacks/targets.ts';
import { oddityKinds } from './attacks/valid-but-unusual.ts';
import type { Kind } from './request.ts';

export const KINDS: readonly Kind[] = [
  ...digestKinds,
  ...targetKinds,
  ...headKinds,
  ...methodKinds,
  ...bodyKinds,
  ...smugglingKinds,
  ...cutKinds,
  ...statusKinds,
  ...oddityKinds,
];

const WHOLE_WEIGHT = KINDS.reduce((sum, { weight }) => sum + weight, 0);

export function drawKind(random: Random): Kind {
  let left = random() * WHOLE_WEIGHT;
  for (const kind of KINDS) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  throw new Error('there is no kind');
}
