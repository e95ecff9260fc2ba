/**
 * Judges the fixed salts together: one salt for several types lets a digest of one type pass for another, and a type without any
 * salt is refused. With a master key neither is a worry for URLs registered with it, but fixed
 * salts that are set keep counting, so they are judged all the same.
 */
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import type { SettingName } from './settings.ts';

/** Warnings about fixed salts as a whole; none when there are none. */
export function saltWarnings(draft: ParsedSettings): string[] {
  return [...findSharedSalts(draft), ...findTypesWithoutSalt(draft)];
}

function findSharedSalts({ values }: ParsedSettings): string[] {
  const users = new Map<string, { names: Set<SettingName>; types: CallbackType[] }>();

  for (const type of CALLBACK_TYPES) {
    const own = values[`DIGEST_SALT_${type}`] ?? null;
    const name: SettingName = own === null ? 'DIGEST_SALT' : `DIGEST_SALT_${type}`;
    const value = own ?? values.DIGEST_SALT ?? null;
    if (value === null) continue;

    const entry = users.get(value) ?? { names: new Set(), types: [] };
    entry.names.add(name);
    entry.types.push(type);
    users.set(value, entry);
  }

  return [...users.values()]
    .filter(({ types }) => types.length > 1)
    .map(({ names, types }) => {
      const who = [...names].join(', ');
      return `${who}: one salt serves ${types.join(', ')}, so a digest of one of them passes for another; give each its own, or use DIGEST_KEY`;
    });
}

/** TEST is left out: it is answered without a digest as well. */
function findTypesWithoutSalt({ given }: ParsedSettings): string[] {
  if (given.has('DIGEST_SALT') || given.has('DIGEST_KEY')) return [];

  const types = CALLBACK_TYPES.filter((type) => type !== 'TEST');
  const missing = types.filter((type) => !given.has(`DIGEST_SALT_${type}`));
  if (missing.length === 0 || missing.length === types.length) return [];
  const names = missing.map((type) => `DIGEST_SALT_${type}`).join(', ');
  return [`${names}: not set, and neither is DIGEST_SALT nor DIGEST_KEY; callbacks of these types are refused (406)`];
}
