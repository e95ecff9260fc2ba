/** Whether a check of eCom has anything to look at: a shop of the Merchant API alone registers nothing. */
import { usesEcom } from '../config/ecom-use.ts';
import { listRegisteredSalts } from '../secrets/registered-salts.ts';
import { notUsed } from './check.ts';
import type { CheckContext } from './context.ts';

/** Why a check of eCom has nothing to look at. */
export const NO_ECOM = notUsed('eCom is not in use: RESURS_USERNAME is not set, and nothing was registered from here.');

/** Where settings do not tell, what `register` has stored does. */
export async function isEcomUsed({ config, database }: Pick<CheckContext, 'config' | 'database'>): Promise<boolean> {
  if (usesEcom((name) => config[name] !== null)) return true;
  if (database === null) return false;
  const salts = await listRegisteredSalts(database.db, config.RESURS_ENVIRONMENT).catch(() => []);
  return salts.length > 0;
}
