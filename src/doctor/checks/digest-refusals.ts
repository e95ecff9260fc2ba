/**
 * The check `digest-refusals`: no callback was refused for its digest in the last hour. TESTs do not count, because
 * doctor itself sends one with a wrong digest.
 */
import { findRefusedDigests } from '../../secrets/digest-refusals.ts';
import { type Finding, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Reads the counts that the running services write once a minute. */
export async function checkDigestRefusals({ database }: Pick<CheckContext, 'database'>): Promise<Finding> {
  if (database === null) return skip('there is no database', 'database');
  let byType: Readonly<Record<string, number>>;
  try {
    byType = (await findRefusedDigests(database.db)).byType;
  } catch {
    return skip('the counts cannot be read', 'database');
  }

  const counted = Object.entries(byType).filter(([type]) => type !== 'TEST');
  if (counted.length === 0) return pass('no callback was refused for its digest (406) in the last hour');
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  const types = counted.map(([type, count]) => `${type} ${count}`).join(', ');
  return warn(
    `${total} ${total === 1 ? 'callback was' : 'callbacks were'} refused for the digest (406) in the last hour: ${types}.`,
    'See registrations for a changed salt. If there is none, look for the source of digest_rejected in the log: another system registers with this account, or a stranger sends them.',
  );
}
