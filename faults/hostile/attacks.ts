/** All attacks. A new one is a function that draws a request, and a line in its file. */
import type { Random } from '../../src/lib/clock.ts';
import { abortAttacks } from './attacks/aborts.ts';
import { bodyAttacks } from './attacks/bodies.ts';
import { digestAttacks } from './attacks/digests.ts';
import { headerAttacks } from './attacks/headers.ts';
import { mapiMalformedAttacks } from './attacks/mapi-malformed.ts';
import { mapiTargetAttacks } from './attacks/mapi-targets.ts';
import { mapiTokenAttacks } from './attacks/mapi-tokens.ts';
import { mapiUnusualAttacks } from './attacks/mapi-unusual.ts';
import { methodAttacks } from './attacks/methods.ts';
import { pageAttacks } from './attacks/page.ts';
import { smugglingAttacks } from './attacks/smuggling.ts';
import { statusAttacks } from './attacks/status.ts';
import { targetAttacks } from './attacks/targets.ts';
import { unusualAttacks } from './attacks/valid-but-unusual.ts';
import type { Attack } from './request.ts';

export const ATTACKS: readonly Attack[] = [
  ...digestAttacks,
  ...targetAttacks,
  ...headerAttacks,
  ...methodAttacks,
  ...bodyAttacks,
  ...smugglingAttacks,
  ...abortAttacks,
  ...statusAttacks,
  ...pageAttacks,
  ...unusualAttacks,
  ...mapiTokenAttacks,
  ...mapiMalformedAttacks,
  ...mapiTargetAttacks,
  ...mapiUnusualAttacks,
];

const TOTAL_WEIGHT = ATTACKS.reduce((sum, { weight }) => sum + weight, 0);

/** Draws an attack, each as often as its weight says. */
export function pickAttack(random: Random): Attack {
  let left = random() * TOTAL_WEIGHT;
  for (const attack of ATTACKS) {
    left -= attack.weight;
    if (left < 0) return attack;
  }
  throw new Error('there is no attack');
}
