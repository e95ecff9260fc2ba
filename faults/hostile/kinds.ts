/** The table of everything hostile. A new kind is a function that draws a shot, and a line in its file. */
import type { Random } from '../../src/lib/clock.ts';
import { bodyKinds } from './kinds/bodies.ts';
import { cutKinds } from './kinds/cuts.ts';
import { digestKinds } from './kinds/digests.ts';
import { headKinds } from './kinds/heads.ts';
import { methodKinds } from './kinds/methods.ts';
import { oddityKinds } from './kinds/oddities.ts';
import { smugglingKinds } from './kinds/smuggling.ts';
import { statusKinds } from './kinds/status.ts';
import { targetKinds } from './kinds/targets.ts';
import type { Kind } from './shot.ts';

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
