/**
 * The check `authorization`: where Basic credentials are configured, they reach the receiver, and the receiver requires
 * them. Some web servers drop the header, and then the receiver refuses every callback.
 */
import { callbackCredentials } from '../../registrations/desired.ts';
import { type Finding, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isEcomUsed, NO_ECOM } from '../ecom-use.ts';
import { blockedBy, isUnauthorized } from '../probe/interpret.ts';
import { onSite } from '../probe/site.ts';

/** Sends one TEST with the credentials and one without. Rejects only with the reason of `signal`. */
export async function checkAuthorization(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (callbackCredentials(context.config) === null) return pass('no Basic credentials are configured');
  if (!(await isEcomUsed(context))) return NO_ECOM;

  return onSite(context, signal, async ({ sendTest, info }) => {
    const [withCredentials, without] = await Promise.all([sendTest({}), sendTest({ authorization: null })]);
    if (isUnauthorized(withCredentials)) return DROPPED;
    const blocked = blockedBy(withCredentials, info);
    if (blocked !== null) return blocked;
    if (isUnauthorized(without)) return pass('the Basic credentials arrive, and the receiver refuses requests without');
    return blockedBy(without, { ...info, hasCredentials: false }) ?? NOT_REQUIRED;
  });
}

const DROPPED = fail(
  'The receiver responds 401 although the configured credentials were sent.',
  'Pass the Authorization header on (Apache: CGIPassAuth On or SetEnvIf Authorization; nginx: proxy_set_header Authorization $http_authorization),' +
    ' or give the running service the same BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD.',
);

const NOT_REQUIRED = fail(
  'The receiver accepts a callback without credentials.',
  'Restart the service with BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD, and let no proxy add an Authorization header.',
);
