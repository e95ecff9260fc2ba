/**
 * The URL below which callbacks of the Merchant API arrive. It is registered nowhere: each payment names the URLs that
 * it is called at.
 */
import type { Config } from '../config/settings.ts';
import { callbackUrl } from './desired.ts';

/** Returns the URL, at the first of the paths; null when PUBLIC_URL or MAPI_CALLBACK_PATHS is not set. */
export function mapiTarget({
  PUBLIC_URL,
  MAPI_CALLBACK_PATHS,
}: Pick<Config, 'PUBLIC_URL' | 'MAPI_CALLBACK_PATHS'>): string | null {
  if (PUBLIC_URL === null || MAPI_CALLBACK_PATHS === null) return null;
  return callbackUrl(PUBLIC_URL, MAPI_CALLBACK_PATHS);
}
