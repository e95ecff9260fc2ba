/**
 * The check `callback-path`: does the public URL lead to this receiver, for GET and POST, at every address of the site, without a
 * redirect? What travels in the request is left to the checks after it.
 */
import type { Config } from '../../config/settings.ts';
import { type Finding, pass, worst } from '../check.ts';
import { sendProbe } from '../probe/http.ts';
import type { Internet } from '../probe/internet.ts';
import { explainFailure } from '../probe/interpret.ts';
import { type Endpoint, findSite, type SiteConfig } from '../probe/site.ts';
import { plainTest, registrationTimeNow, testRequest } from '../probe/test-request.ts';

export interface CallbackPathInput {
  readonly config: SiteConfig & Pick<Config, 'BASIC_AUTH_USERNAME' | 'BASIC_AUTH_PASSWORD'>;
  /** Unix time. */
  readonly nowMs: number;
}

/** The check. Rejects only with the reason of `signal`. */
export async function checkCallbackPath(
  { config, nowMs }: CallbackPathInput,
  outside: Internet,
  signal: AbortSignal,
): Promise<Finding> {
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;

  const { doors, callbackUrl } = found.site;
  const plain = plainTest(config);
  const hasCredentials = plain.authorization !== null;
  const knock = async (door: Endpoint, method: 'GET' | 'POST'): Promise<Finding> => {
    const question = testRequest(callbackUrl, registrationTimeNow(nowMs), { ...plain, method });
    const asked = { method, callbackUrl, hasCredentials, ...(doors.length > 1 ? { address: door.address } : {}) };
    const trouble = explainFailure(await sendProbe(door, question, signal), asked);
    return trouble ?? pass(`${callbackUrl} leads to this receiver, for GET and POST`);
  };
  return worst(await Promise.all(doors.flatMap((door) => [knock(door, 'GET'), knock(door, 'POST')])));
}
