/**
 * The check `authorization`: where Basic credentials are configured, do they reach the receiver, and are they really demanded?
 * Some web servers drop the header, and then Resurs is refused for good.
 */
import { callbackCredentials } from '../../registrations/desired.ts';
import { type Finding, fail, pass } from '../check.ts';
import { sendProbe } from '../probe/http.ts';
import type { Internet } from '../probe/internet.ts';
import { blockedBy, isUnauthorized } from '../probe/interpret.ts';
import { findSite } from '../probe/site.ts';
import { plainTest, registrationTimeNow, testRequest } from '../probe/test-request.ts';
import type { CallbackPathInput } from './callback-path.ts';

/** The check. Rejects only with the reason of `signal`. */
export async function checkAuthorization(
  { config, nowMs }: CallbackPathInput,
  outside: Internet,
  signal: AbortSignal,
): Promise<Finding> {
  if (callbackCredentials(config) === null) return pass('no Basic credentials are configured');
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;

  const { doors, callbackUrl } = found.site;
  const plain = plainTest(config);
  const askWith = (authorization: string | null) => {
    return sendProbe(
      doors[0],
      testRequest(callbackUrl, registrationTimeNow(nowMs), { ...plain, authorization }),
      signal,
    );
  };
  const [withThem, without] = await Promise.all([askWith(plain.authorization), askWith(null)]);

  if (isUnauthorized(withThem)) return DROPPED;
  const asked = { method: 'GET', callbackUrl } as const;
  const obstacle = blockedBy(withThem, { ...asked, hasCredentials: true });
  if (obstacle !== null) return obstacle;
  if (isUnauthorized(without)) return pass('the Basic credentials arrive, and without them nobody gets in');
  return blockedBy(without, { ...asked, hasCredentials: false }) ?? OPEN;
}

const DROPPED = fail(
  'The receiver answers 401 although the configured credentials were sent.',
  'Pass the Authorization header on (Apache: CGIPassAuth On or SetEnvIf Authorization; nginx: proxy_set_header Authorization $http_authorization),' +
    ' or give the running service the same BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD.',
);

const OPEN = fail(
  'A callback without credentials is taken.',
  'Restart the service with BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD, and let no proxy add an Authorization header.',
);
