/**
 * Finds fixed salts that must not be registered. A short one does not withstand guessing from one digest. With one for
 * several types, a digest seen in an access log passes for another event. Derived salts are neither. TEST counts like
 * any other: the one who may request it chooses its values.
 */
import type { Config } from '../config/settings.ts';
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import { createDigestPolicy, fixedSaltsFor } from '../protocol/ecom/salts.ts';

/** The least number of characters in a fixed salt that may be registered. */
const MIN_SALT_LENGTH = 16;

/**
 * Returns one sentence for each weakness of the salts that these types would be registered with; none with a master
 * key. A salt also counts as shared with types that are not being registered: the service accepts it for all of them.
 */
export function findWeakSalts(types: readonly CallbackType[], config: Config): string[] {
  if (config.DIGEST_KEY !== null) return [];

  const policy = createDigestPolicy(config);
  const typesBySalt = new Map<string, CallbackType[]>();
  for (const type of CALLBACK_TYPES) {
    const [salt] = fixedSaltsFor(type, policy);
    if (salt !== undefined) typesBySalt.set(salt, [...(typesBySalt.get(salt) ?? []), type]);
  }
  return [...typesBySalt]
    .filter(([, names]) => names.some((name) => types.includes(name)))
    .flatMap(([salt, names]) => weaknessesOf(salt, names));
}

function weaknessesOf(salt: string, types: readonly CallbackType[]): string[] {
  const names = types.join(', ');
  const weaknesses: string[] = [];
  if ([...salt].length < MIN_SALT_LENGTH)
    weaknesses.push(`the salt of ${names} is shorter than ${MIN_SALT_LENGTH} characters`);
  if (types.length > 1) weaknesses.push(`${names} share one salt, so a digest of one passes for the others`);
  return weaknesses;
}
